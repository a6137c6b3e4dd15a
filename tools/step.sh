#!/usr/bin/env bash
# Runs named steps, each a target of the Makefile, under a heading with the time
# it took. It goes on after a step that did not pass, and says so at the end.
set -uo pipefail

began=$SECONDS
bad=()
for step in "$@"; do
	printf '\n=== %s\n' "$step"
	start=$SECONDS
	if "${MAKE:-make}" --no-print-directory "$step"; then
		printf -- '--- %s: %d s\n' "$step" $((SECONDS - start))
	else
		printf -- '--- %s: NOT PASSED, %d s\n' "$step" $((SECONDS - start))
		bad+=("$step")
		# Without what it installs, everything after it is noise.
		[[ $step == setup ]] && break
	fi
done

printf '\n=== %d steps in %d min %d s\n' $# $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
if ((${#bad[@]})); then
	printf 'not passed: %s\n' "${bad[*]}"
	exit 1
fi
