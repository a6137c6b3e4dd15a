#!/usr/bin/env bash
# Runs the browser test against the program in $UNITY; with BROWSER_DATABASE, on
# the databases that it names.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v chromium >/dev/null; then
	echo "skipped: it needs node and chromium"
	[[ -z ${CI:-} ]]
	exit
fi
if [[ -n ${BROWSER_DATABASE:-} ]]; then
	exec go test -count=1 -timeout 30m -v ./test/browser
fi
exec node --test --test-reporter=spec test/e2e/
