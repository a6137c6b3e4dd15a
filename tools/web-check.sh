#!/usr/bin/env bash
# Types, lint and tests of the interface; then builds it, and compares with the
# build that is committed, and its JavaScript with the size that was promised.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
	echo "skipped: there is no npm"
	[[ -z ${CI:-} ]]
	exit
fi
for script in check lint test; do
	npm --prefix web --silent run "$script"
done

state() { (cd web/dist && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
before=$(state)
npm --prefix web --silent run build >/dev/null
if [[ $before != "$(state)" ]]; then
	echo "web/dist is not the build of web/src; commit what \`make web\` wrote:"
	diff <(echo "$before") <(state) | head -20
	exit 1
fi
if [[ -n ${CI:-} && -n $(git status --porcelain -- web/dist) ]]; then
	echo "web/dist is not committed"
	exit 1
fi
node tools/web-size.mjs
echo "web/dist is the build of web/src"
