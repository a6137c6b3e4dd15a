#!/usr/bin/env bash
# Asks Unity and Debian's Prometheus the same questions about the same data, and
# writes the table of docs/benchmarks.md. Run it on a machine that does nothing
# else. PEERS_DAYS and PEERS_SERIES make the data less.
set -euo pipefail
cd "$(dirname "$0")/.."

export UNITY=$PWD/dist/unity
table=$(mktemp)
trap 'rm -f "$table"' EXIT
{
	echo "| question | Unity | $(prometheus --version 2>&1 | awk 'NR == 1 { sub(/[+,].*/, "", $3); print "Prometheus " $3 }') |"
	echo '| --- | --- | --- |'
	go test -run '^$' -bench . -benchtime 1x -timeout 1h ./test/peers | grep '^| '
} | tee "$table"
tools/section.sh docs/benchmarks.md peers "$table"
