#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
  echo "== $1"
  shift
  "$@"
}

step 'build' npm run --silent build
for check in format types imports unused generated package; do
  step "$check" npm run --silent "check:$check"
done
