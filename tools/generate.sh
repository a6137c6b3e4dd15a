#!/usr/bin/env bash
# Writes everything that is generated again; dist/unity is built. With --check it ends with 1 when
# that changed something.
set -euo pipefail
cd "$(dirname "$0")/.."

state() { git ls-files -z --cached --others --exclude-standard -- docs plugins '*.gen.ts' README.md unity.example.yaml | xargs -0 sha256sum 2>/dev/null || true; }
before=$(state)

# Tables in documents, the description of the API, the reference of settings:
# each is kept by a test that writes it when UPDATE is set.
UPDATE=1 go test -count=1 -run 'Documented|Generated|ImportTable|^TestPlugin$/README' \
	./internal/arch ./internal/api ./internal/cli ./internal/config ./plugins ./plugins/... | sed '/^ok /d; /no tests to run/d'
if command -v npm >/dev/null && [[ -d web/node_modules ]]; then
	npm --prefix web --silent run types >/dev/null
fi
# What is linked and bundled, with licences. It ends here when one is not
# compatible with ours.
(cd tools && go run ./dependencies)

after=$(state)
if [[ $before == "$after" ]]; then
	echo "everything generated is fresh"
elif [[ ${1:-} == --check ]]; then
	echo "not fresh, \`make generate\` wrote:"
	diff <(echo "$before") <(echo "$after") | sed -n 's/^> [0-9a-f]*  /  /p'
	exit 1
fi
