#!/usr/bin/env bash
# Runs tests against the built package: those that are named, or all but those of services and of several
# machines, which take long and have commands of their own. Servers that they need are installed if they
# are missing and may be; otherwise their tests report themselves as skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

tests=("$@")
[ $# -gt 0 ] || mapfile -t tests < <(find test -name '*.test.ts' -not -path 'test/services/*' -not -path 'test/machines/*' | sort)
# No test looks at the declarations, which take longer than all the rest of a build.
[ ! -e dist ] || find dist -type f -not -name '*.d.ts' -delete
node scripts/bundle.mjs
scripts/nats-server.sh >/dev/null || echo 'Tests that need a NATS server will be skipped.' >&2
rm -rf .tests
mapfile -t bundles < <(node scripts/bundle-tests.mjs .tests "${tests[@]}")
npx tap run "${bundles[@]}" || {
  code=$?
  # Among thousands of lines that passed, nobody finds the one that did not.
  npx tap replay --reporter=min "${bundles[@]}" || true
  exit $code
}
