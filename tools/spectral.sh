#!/usr/bin/env bash
# Checks the description of the API with Spectral.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
	echo "skipped: there is no npm"
	[[ -z ${CI:-} ]]
	exit
fi
tools/spectral/node_modules/.bin/spectral lint --fail-severity warn --ruleset tools/spectral/ruleset.yaml docs/generated/openapi.json
