#!/usr/bin/env bash
# Prints the path of a pm2 7, installing it beside the dependencies when it is not there yet. It is none of
# them, because it is large and of another license.
# Prints a reason to stderr and exits 1 when there is none to be had.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$PWD/node_modules/.cache/millrace-pm2
pm2=$folder/node_modules/pm2/bin/pm2

if [ ! -f "$pm2" ]; then
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --fetch-retries 1 --fetch-timeout 20000 'pm2@^7.0.4' >&2 || {
    echo 'pm2 is not installed, and npm could not install it' >&2
    exit 1
  }
fi
echo "$pm2"
