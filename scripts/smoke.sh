#!/usr/bin/env bash
# Installs the packed package into an empty project, and runs a pipeline and what `millrace init` makes with
# it, on the Node that is given as the first argument (a version of the npm package `node`), or on the one
# that runs npm.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

tarball=$(npm pack --silent --ignore-scripts --pack-destination "$folder")
cd "$folder"
echo '{ "name": "smoke", "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund "./$tarball" ${version:+"node@$version"}
node=$([ -n "$version" ] && echo ./node_modules/.bin/node || echo node)

echo 'export default (value: number, ctx) => (value % 2 ? ctx.drop : value * 10)' >worker.mts
echo 'export default (value, ctx) => (value % 2 ? ctx.drop : value * 10)' >worker.mjs
worker=$("$node" -p 'process.features.typescript ? "worker.mts" : "worker.mjs"')

bin=node_modules/millrace/dist/cli/bin.js
"$node" "$bin" run --from count:1000 --worker "./$worker" --workers 2 --to stdout: >out
lines=$(wc -l <out)
required=$("$node" -p 'typeof require("millrace").runPipeline' 2>&1 || true)
echo "Node $("$node" --version), $worker: $lines lines; require('millrace').runPipeline: $required"
[ "$lines" -eq 500 ]
[ "$required" = function ]

"$node" "$bin" init starter $([ "$worker" = worker.mts ] && echo --typescript) >/dev/null
"$node" "$bin" run starter/millrace.config.m?s
[ "$(wc -l <starter/output.ndjson)" -eq 4 ]
