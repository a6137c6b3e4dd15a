package storetest

import (
	"testing"

	"github.com/unity-homelab/unity/internal/sqlstore"
)

// direct is a store of what is written to the database at once, past the
// journal.
type direct interface {
	Store
	Dashboards() sqlstore.Dashboards
	Notes() sqlstore.Notes
	Answers() sqlstore.Answers
}

// RunDirect checks what a store promises about what is written at once.
func RunDirect(t *testing.T, opener func(t *testing.T) Opener) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, store direct){
		"dashboards are kept until they are deleted": testDashboards,
		"notes are kept by area and name":            testNotes,
		"answers are kept for a day":                 testAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, ok := mustOpen(t, opener(t), Options{}).(direct)
			if !ok {
				t.Fatal("the store keeps no dashboards")
			}
			test(t, store)
		})
	}
}
