package smart

import (
	"fmt"

	"github.com/unity-homelab/unity/plugin"
)

// change is something that happened to a disk between two readings.
type change struct {
	kind     string
	severity plugin.Severity
	title    string
}

// tell reports what happened to a disk since it was last read.
func tell(r *reading, out *plugin.Batch) {
	if r.before == nil || r.asleep {
		return
	}
	for _, c := range changes(r.before, r.disk) {
		out.Event(plugin.Event{
			Kind: c.kind, Severity: c.severity, Title: c.title,
			Detail: map[string]string{"device": r.ID, "path": r.Path},
		})
	}
}

// changes compares two readings of a disk. Another disk in the same place has
// no history.
func changes(before, now *disk) []change {
	if before.ID != now.ID {
		return nil
	}
	var list []change
	add := func(kind string, severity plugin.Severity, format string, args ...any) {
		list = append(list, change{kind, severity, now.ID + ": " + fmt.Sprintf(format, args...)})
	}
	switch was, is := before.Passed, now.Passed; {
	case was == nil || is == nil || *was == *is:
	case *is:
		add("smart_passed", plugin.Info, "the self-assessment is good again")
	default:
		add("smart_failing", plugin.Critical, "the self-assessment says failing")
	}
	if was, is := before.CriticalWarning, now.CriticalWarning; was != nil && is != nil {
		if fresh := int(*is) &^ int(*was); fresh != 0 {
			for _, words := range criticalWarnings(fresh) {
				add("smart_critical_warning", plugin.Critical, "critical warning: %s", words)
			}
		}
	}
	known := before.troubles()
	for i, t := range now.troubles() {
		if was := known[i].value; was != nil && t.value != nil && *t.value > *was {
			add("smart_new_errors", plugin.Warning, "new %s: %.0f, in all %.0f", t.what, *t.value-*was, *t.value)
		}
	}
	if test := now.lastTest(); test != nil && !*test.Passed && before.PowerOnSeconds != nil && test.newer(before.lastTest()) {
		add("smart_self_test_failed", plugin.Critical, "a self-test found %q", test.Result)
	}
	return list
}

// newer reports whether the test is another one than the last that was known.
func (t *selfTest) newer(known *selfTest) bool {
	if known == nil {
		return true
	}
	return t.Hours != nil && known.Hours != nil && *t.Hours != *known.Hours || t.Kind != known.Kind || t.Result != known.Result
}
