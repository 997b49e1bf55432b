#!/usr/bin/env bash
# Runs the built package under a real pm2, a real systemd and as process 1, one after another. What is
# missing is installed, if it may be; otherwise its tests report themselves as skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
install_tini() {
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends tini >/dev/null
}
if ! command -v tini >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
  install_tini || { apt-get update >/dev/null && install_tini; } ||
    echo 'The test below an init will be skipped.' >&2
fi
mapfile -t bundles < <(node scripts/bundle-tests.mjs .tests test/services/{pm2,systemd,container}.test.ts)
npx tap run --jobs=1 --timeout=300 "${bundles[@]}"
