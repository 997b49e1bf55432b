#!/usr/bin/env bash
# About a minute of chaos: three seeds that are always the same, and one that nobody has seen.
set -euo pipefail
cd "$(dirname "$0")/.."

exec npm run --silent chaos -- "$@"
