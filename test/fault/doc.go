// Package fault holds only tests: the whole program is killed at random moments
// while it collects every second, and started again on what it left.
//
//	FAULT_ROUNDS=100 go test -count=1 -timeout 30m ./test/fault
//
// FAULT_SEED repeats the moments of an earlier test, as far as the machine does.
package fault
