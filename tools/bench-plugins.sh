#!/usr/bin/env bash
# Measures one collection of each plugin, against the real server or machine that
# its tests have, and writes the table of docs/benchmarks.md. One at a time.
# PLUGINS names others than all.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .cache
table=$(mktemp .cache/bench-XXXX)
trap 'rm -f "$table"' EXIT
{
	echo '| plugin | collection | samples | allocations | memory |'
	echo '| --- | --- | --- | --- | --- |'
	# shellcheck disable=SC2086 # words are wanted
	go test -run '^$' -bench '^BenchmarkCollect$' -benchtime "${COLLECTED:-2s}" -p 1 ${PLUGINS:-./plugins/...} |
		awk '
			function time(ms) { return ms < 1 ? sprintf("%.0f µs", ms * 1000) : sprintf("%.1f ms", ms) }
			/^pkg: / { plugin = $2; sub(".*/", "", plugin) }
			/^(FAIL|panic)/ { print; failed = 1 }
			/^BenchmarkCollect/ {
				what = plugin
				if (split($1, part, "/") > 1) {
					sub(/-[0-9]+$/, "", part[2]); gsub("_", " ", part[2])
					what = plugin ", " part[2]
				}
				samples = ""
				for (i = 3; i < NF; i += 2) {
					if ($(i + 1) == "ns/op" || $(i + 1) == "ms-median") median = $(i + 1) == "ns/op" ? $i / 1e6 : $i
					if ($(i + 1) == "samples/op") samples = $i
					if ($(i + 1) == "B/op") memory = $i
					if ($(i + 1) == "allocs/op") allocations = $i
				}
				printf "| %s | %s | %d | %d | %.0f KB |\n", what, time(median), samples, allocations, memory / 1000
			}
			END { exit failed }'
} | tee "$table"
tools/section.sh docs/benchmarks.md plugins "$table"
