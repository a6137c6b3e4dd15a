#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME. What one finds is left in the package's
# testdata/fuzz folder, to be committed as a seed.
set -euo pipefail
cd "$(dirname "$0")/.."

# Without a bound Go spends a minute on making an input smaller that reached
# something new, and tries nothing else meanwhile.
smaller=20x

output=$(mktemp)
trap 'rm -f "$output"' EXIT

fuzz() { # folder, target
	go test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime "$smaller" "./$1" 2>&1 | tee "$output"
}

# ended_late tells the end of FUZZTIME, which Go before 1.27 takes for something
# found when a worker is in the middle of an input (go.dev/issue/75804).
ended_late() {
	grep -q '^ *context deadline exceeded$' "$output" && ! grep -qE 'Failing input|panic:|_test\.go:' "$output"
}

bad=()
count=0
while IFS=: read -r file target; do
	folder=$(dirname "$file")
	printf '\n=== %s %s\n' "$folder" "$target"
	count=$((count + 1))
	fuzz "$folder" "$target" || { ended_late && fuzz "$folder" "$target"; } || bad+=("$folder $target")
done < <(git ls-files '*_test.go' | xargs grep -oHE '^func Fuzz[A-Za-z0-9_]*' | sed 's/func //')

printf '\n%d fuzz targets, %s each\n' "$count" "${FUZZTIME:-1m}"
if ((${#bad[@]})); then
	printf 'found something: %s\n' "${bad[@]}"
	exit 1
fi
