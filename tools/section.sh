#!/usr/bin/env bash
# section.sh DOCUMENT NAME FILE puts a file between the marks of that name.
set -euo pipefail
written=$(mktemp)
trap 'rm -f "$written"' EXIT
awk -v name="$2" -v table="$3" '
	$0 ~ "<!-- generated:end " name " -->" { inside = 0 }
	!inside { print }
	$0 ~ "<!-- generated:begin " name " -->" { inside = 1; while ((getline line < table) > 0) print line }
' "$1" >"$written"
cat "$written" >"$1"
