#!/usr/bin/env bash
# Runs every test against the built package. Servers that the tests need are installed if they are
# missing and may be; otherwise those tests report themselves as skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
if ! MILLRACE_TEST_NATS_SERVER=$(scripts/nats-server.sh); then
  echo 'Tests that need a NATS server will be skipped.' >&2
fi
export MILLRACE_TEST_NATS_SERVER
exec npx tap run "$@"
