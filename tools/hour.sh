#!/usr/bin/env bash
# Watches something with every plugin for an hour, or as long as HOUR says, and
# writes the table and the picture of docs/benchmarks.md. Run it on a machine that
# does nothing else, best as root.
set -euo pipefail
cd "$(dirname "$0")/.."

export UNITY=$PWD/dist/unity
go build -C test/servers/ferretdb -o bin/ferretdb . # for plugin mongodb
said=$(mktemp) table=$(mktemp)
trap 'rm -f "$said" "$table"' EXIT
GRAPH=$PWD/docs/images/hour.svg go test -run '^$' -bench '^BenchmarkHour$' -benchtime 1x -timeout 3h ./test/footprint | tee "$said"
{
	echo '| what | bar | measured | how |'
	echo '| --- | --- | --- | --- |'
	grep '^| ' "$said"
	printf '\n![Memory and processor with every plugin](images/hour.svg)\n'
} >"$table"
tools/section.sh docs/benchmarks.md hour "$table"
