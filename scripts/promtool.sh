#!/usr/bin/env bash
# Prints the path of a promtool. Where there is none, it is taken out of Debian's package `prometheus`,
# which is not installed: a server nobody asked for would start.
# Prints a reason to stderr and exits 1 when there is none to be had.
set -euo pipefail

if path=$(command -v promtool); then
  echo "$path"
  exit 0
fi

folder=${XDG_CACHE_HOME:-$HOME/.cache}/millrace
if [ -x "$folder/promtool" ]; then
  echo "$folder/promtool"
  exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo 'no promtool in PATH, and no apt-get to fetch it with' >&2
  exit 1
fi

mkdir -p "$folder"
unpacked=$(mktemp -d "$folder/prometheus-XXXXXX")
trap 'rm -rf "$unpacked"' EXIT
cd "$unpacked"

if ! apt-get download prometheus >&2; then
  if [ "$(id -u)" -eq 0 ]; then
    apt-get update >&2 && apt-get download prometheus >&2 || true
  fi
fi
if ! dpkg-deb -x prometheus_*.deb . 2>/dev/null; then
  echo 'no promtool in PATH, and apt-get could not fetch the package prometheus' >&2
  exit 1
fi
mv usr/bin/promtool "$folder/promtool"
echo "$folder/promtool"
