#!/usr/bin/env bash
# Runs every test against the built package. Servers that the tests need are installed if they are
# missing and may be; otherwise those tests report themselves as skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
scripts/nats-server.sh >/dev/null || echo 'Tests that need a NATS server will be skipped.' >&2
scripts/promtool.sh >/dev/null || echo 'Tests that need promtool will be skipped.' >&2
npx tap run "$@" || {
  code=$?
  # Among thousands of lines that passed, nobody finds the one that did not.
  npx tap replay --reporter=min "$@" || true
  exit $code
}
