#!/usr/bin/env bash
# Runs the browser test against the program in $UNITY.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v chromium >/dev/null; then
	echo "skipped: it needs node and chromium"
	[[ -z ${CI:-} ]]
	exit
fi
exec node --test --test-reporter=spec test/e2e/
