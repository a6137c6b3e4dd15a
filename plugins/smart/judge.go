package smart

import (
	"fmt"
	"math"
	"strings"
)

// The verdicts on a disk.
const (
	verdictOK      = "ok"
	verdictWarning = "warning"
	verdictFailing = "failing"
	verdictUnknown = "unknown"
)

func verdicts() []string {
	return []string{verdictOK, verdictWarning, verdictFailing, verdictUnknown}
}

// wornOut and nearlyWornOut are the bounds of the rules that ship.
const (
	nearlyWornOut = 0.9
	wornOut       = 1
)

// judge says how a disk is and why, by the drive's own verdict and the rules
// that ship.
func (c *collector) judge(r *reading) {
	var failing, warnings []string
	bad := func(format string, args ...any) { failing = append(failing, fmt.Sprintf(format, args...)) }
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	if r.Passed != nil && !*r.Passed {
		bad("the drive says that it is failing")
	}
	if w := r.CriticalWarning; w != nil && *w > 0 {
		bad("%s", strings.Join(criticalWarnings(int(*w)), ", "))
	}
	for _, name := range r.Failing {
		bad("%s is at its threshold", name)
	}
	if r.Spare != nil && r.SpareThreshold != nil && *r.Spare < *r.SpareThreshold {
		bad("spare blocks are used up")
	}
	switch r.EMMCEndOfLife {
	case emmcUrgent:
		bad("nearly all reserved blocks are used up")
	case emmcWarning:
		warn("most reserved blocks are used up")
	}
	for _, count := range r.troubles() {
		if count.value != nil && *count.value > 0 {
			warn("%s: %.0f", count.what, *count.value)
		}
	}
	if used := r.LifeUsed; used != nil && *used >= nearlyWornOut {
		warn("%.0f %% of its life is used up", *used*100)
	}
	for _, name := range r.FailedOnce {
		warn("%s has been at its threshold", name)
	}
	if test := r.lastTest(); test != nil && !*test.Passed {
		warn("the last self-test found: %s", strings.ToLower(test.Result))
	}
	warm, hot := c.limits(r.disk)
	switch t := r.Temperature; {
	case t != nil && *t >= hot:
		warn("%.0f °C is hot", *t)
	case t != nil && *t >= warm:
		warn("%.0f °C is warm", *t)
	}
	r.warnings = append(failing, warnings...)
	switch {
	case len(failing) > 0:
		r.verdict = verdictFailing
	case len(warnings) > 0:
		r.verdict = verdictWarning
	case r.Passed == nil && r.EMMCEndOfLife == "":
		r.verdict = verdictUnknown
	default:
		r.verdict = verdictOK
	}
}

// trouble is something that a sound disk has none of.
type trouble struct {
	value *float64
	what  string
}

// troubles lists what a sound disk has none of. Timeouts and damaged transfers
// are not among them: a loose cable leaves some behind for ever.
func (d *disk) troubles() []trouble {
	return []trouble{
		{d.Reallocated, "reallocated sectors"},
		{d.Pending, "sectors that cannot be read"},
		{d.Offline, "uncorrectable sectors"},
		{d.Reported, "reported uncorrectable errors"},
		{d.MediaErrors, "media errors"},
		{d.GrownDefects, "grown defects"},
	}
}

// criticalWarnings says in words what the bits of an NVMe drive mean.
func criticalWarnings(bits int) []string {
	var said []string
	for i, words := range []string{
		"spare blocks are running out", "the temperature is beyond its limits", "it has become unreliable",
		"it can only be read", "its memory backup does not work", "its persistent memory cannot be relied on",
	} {
		if bits&(1<<i) != 0 {
			said = append(said, words)
		}
	}
	if len(said) == 0 {
		said = append(said, "the drive gives a critical warning")
	}
	return said
}

// lastTest returns the latest self-test that was finished, or nil.
func (d *disk) lastTest() *selfTest {
	for i := range d.SelfTests {
		if d.SelfTests[i].Passed != nil {
			return &d.SelfTests[i]
		}
	}
	return nil
}

// lastTestAge returns for how many seconds the disk has been on since its last
// self-test. The log of ATA disks counts hours in 16 bits.
func (d *disk) lastTestAge() *float64 {
	test := d.lastTest()
	if test == nil || test.Hours == nil || d.PowerOnSeconds == nil {
		return nil
	}
	const wraps = 1 << 16
	age := *d.PowerOnSeconds/hourSeconds - *test.Hours
	if d.Kind != kindNVMe {
		age = math.Mod(age, wraps)
	}
	if age < 0 {
		return nil
	}
	return scaled(&age, hourSeconds)
}

// limits returns the temperatures from which a disk counts as warm and as hot.
func (c *collector) limits(d *disk) (warm, hot float64) {
	if d.Kind == kindNVMe {
		return float64(c.config.NVMeTemperatureWarning), float64(c.config.NVMeTemperatureCritical)
	}
	return float64(c.config.TemperatureWarning), float64(c.config.TemperatureCritical)
}
