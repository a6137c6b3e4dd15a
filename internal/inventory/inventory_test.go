package inventory_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

func TestStatusFollowsTheOutcomesOfRuns(t *testing.T) {
	t.Parallel()
	type step struct {
		outcome inventory.Outcome
		want    inventory.Status
	}
	failed := inventory.Failed
	for name, steps := range map[string][]step{
		"one failure changes nothing": {
			{inventory.Success, inventory.Healthy},
			{failed, inventory.Healthy},
			{inventory.Success, inventory.Healthy},
		},
		"failures in a row degrade, then fail, and one success heals": {
			{inventory.Success, inventory.Healthy},
			{failed, inventory.Healthy},
			{inventory.TimedOut, inventory.Degraded},
			{inventory.Panicked, inventory.Degraded},
			{inventory.Abandoned, inventory.Degraded},
			{failed, inventory.Failing},
			{failed, inventory.Failing},
			{inventory.Partial, inventory.Healthy},
		},
		"a source that never worked is unknown until it is degraded": {
			{failed, inventory.Unknown},
			{failed, inventory.Degraded},
		},
		"a canceled run says nothing": {
			{inventory.Success, inventory.Healthy},
			{failed, inventory.Healthy},
			{inventory.Canceled, inventory.Healthy},
			{failed, inventory.Degraded},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := inventory.State{Source: "nas"}
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for n, step := range steps {
				before := state
				run := inventory.Run{Source: "nas", Start: start.Add(time.Duration(n) * time.Minute), Outcome: step.outcome}
				if !step.outcome.Succeeded() {
					run.Problem = &inventory.Problem{Kind: fault.Refused, Message: "no"}
				}
				state = state.Next(run)
				if state.Status != step.want {
					t.Fatalf("after run %d (%s): %s, want %s", n+1, step.outcome, state.Status, step.want)
				}
				if changed := state.Status != before.Status; changed != state.Since.Equal(run.Start) {
					t.Errorf("after run %d: since %v although changed is %v", n+1, state.Since, changed)
				}
			}
		})
	}
}

func TestAProblemKeepsKindAndHint(t *testing.T) {
	t.Parallel()
	got := inventory.ProblemOf(fault.New(fault.Auth, "login refused").WithHint("check the password"))
	if *got != (inventory.Problem{Kind: fault.Auth, Message: "login refused", Hint: "check the password"}) {
		t.Errorf("problem %+v", *got)
	}
	if inventory.ProblemOf(nil) != nil {
		t.Error("no error is a problem")
	}
}
