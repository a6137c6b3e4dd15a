// Package leaks wants the tests of a package to leave no goroutine behind.
package leaks

import (
	"testing"

	"go.uber.org/goleak"
)

// attempts is how often goroutines are looked for before one counts as left behind.
// Each takes half a second, which on a busy machine is less than what connections
// and watchers take to end.
const attempts = 30

// Check runs the tests, for a TestMain, and ends the program with a failure when they
// leave goroutines behind.
func Check(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

// patient are tests that are over when their goroutines are.
type patient struct{ tests *testing.M }

// Run implements goleak.TestingM.
func (p patient) Run() int {
	code := p.tests.Run()
	for range attempts {
		if code != 0 || goleak.Find() == nil {
			break
		}
	}
	return code
}
