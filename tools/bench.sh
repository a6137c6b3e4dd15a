#!/usr/bin/env bash
# Measures speed and size and writes the tables of docs/benchmarks.md. Run it on
# a machine that does nothing else. WRITTEN, WATCHED and SOAKED shorten it,
# ENGINES_DAYS and ENGINES_SERIES make the data of the databases less.
set -euo pipefail
cd "$(dirname "$0")/.."

export UNITY=$PWD/dist/unity
mkdir -p .cache
folder=$(mktemp -d .cache/bench-XXXX)
trap 'rm -rf "$folder"' EXIT

{
	go run ./test/bench -dir "$folder" -keep -written "${WRITTEN:-30m}" | sed -E 's/ +\|/ |/g; s/-{4,}/---/g'
	go run ./test/footprint -month "$folder/month" -for "${WATCHED:-10m}"
	go test -run '^$' -bench '^BenchmarkLateness$' -benchtime 1x ./internal/schedule |
		awk '/^BenchmarkLateness/ {
			for (i = 2; i < NF; i++) if ($(i + 1) == "p100-late-ms") late = $i
			printf "| start of a run after it was due, at most | ≤ 500 ms | %s ms | 500 sources at 10 s, 10 %% hanging and 10 %% panicking |\n", late
		}'
} | tee "$folder/table"

grep -q 'hanging' "$folder/table" || { echo "a part of the table is missing"; exit 1; }

{
	echo '| database | samples/s | bytes per sample | with all there is | a month by the hour | the last hour | latest of all |'
	echo '| --- | --- | --- | --- | --- | --- | --- |'
	go test -run '^$' -bench . -benchtime 1x -timeout 1h ./test/engines | grep '^| '
} | tee "$folder/engines"

{
	echo '| what | bar | measured | how |'
	echo '| --- | --- | --- | --- |'
	go run ./test/load
	go run ./test/load -soak "${SOAKED:-30m}" -heaps "$folder/heaps" -graph docs/images/soak.svg
} | tee "$folder/load"

{
	echo '| Redis is | noticed after | requests | failed | p99 | longest |'
	echo '| --- | --- | --- | --- | --- | --- |'
	go test -count=1 -v -run '^TestNoRequestFailsWhateverBecomesOfRedis$' ./test/load | sed -nE 's/^.*go:[0-9]+: (\| .*)$/\1/p'
} | tee "$folder/redis"

tools/bench-plugins.sh

tools/section.sh docs/benchmarks.md load "$folder/load"
tools/section.sh docs/benchmarks.md redis "$folder/redis"
tools/section.sh docs/benchmarks.md figures "$folder/table"
tools/section.sh docs/benchmarks.md engines "$folder/engines"
