package backup

import (
	"fmt"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// The states of a thing, from good to bad.
const (
	stateOK     = "ok"
	stateLate   = "late"
	stateStale  = "stale"
	stateFailed = "failed"
	stateNone   = "none"
)

func states() []string { return []string{stateOK, stateLate, stateStale, stateFailed, stateNone} }

const noBackup = "there is no backup of it"

// thing is what there are backups of: paths of a machine, a guest, a job.
type thing struct {
	Name string
	// Points are restorable points that are known, the newest last; maybe not
	// all of them, of which Count is the number.
	Points []point
	Count  *float64
	// Of the newest one, where it is told.
	Added, Files, Duration *float64
	// Failed says that the newest attempt made no restorable point, and why.
	Failed  bool
	Failure string
	Next    *time.Time

	// What is made of it.
	Past    []point // these and earlier points, for habits
	State   string
	Reason  string
	Usual   time.Duration // between two backups; 0 where there are too few
	Shrunk  bool
	Doubted bool // whether Shrunk could be told
}

// point is one restorable point. Its size is negative where it is not known.
type point struct {
	At   time.Time
	Size float64
}

const unknownSize = -1

func (t *thing) last() time.Time {
	if len(t.Points) == 0 {
		return time.Time{}
	}
	return t.Points[len(t.Points)-1].At
}

// size is that of the newest point, or nil.
func (t *thing) size() *float64 {
	if len(t.Points) == 0 || t.Points[len(t.Points)-1].Size < 0 {
		return nil
	}
	return &t.Points[len(t.Points)-1].Size
}

// habit is how many points say how often something is backed up.
const habit = 8

// remember joins the points with those of earlier runs, which may not be
// restorable any more and still say how often there is one.
func (t *thing) remember(before remembered) {
	t.Past = slices.Clone(t.Points)
	for _, p := range before.points() {
		i := slices.IndexFunc(t.Past, func(q point) bool { return q.At.Unix() == p.At.Unix() })
		switch {
		case i < 0:
			t.Past = append(t.Past, p)
		case t.Past[i].Size < 0:
			t.Past[i].Size = p.Size
		}
	}
	slices.SortFunc(t.Past, func(a, b point) int { return a.At.Compare(b.At) })
	t.Past = t.Past[max(0, len(t.Past)-habit):]
	// A size that was asked for earlier still holds.
	if n := len(t.Points); n > 0 && len(t.Past) > 0 && t.Points[n-1].At.Unix() == t.Past[len(t.Past)-1].At.Unix() {
		t.Points[n-1].Size = t.Past[len(t.Past)-1].Size
	}
}

// gaps are the times between points, shortest first.
func (t *thing) gaps() []time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(t.Past); i++ {
		gaps = append(gaps, t.Past[i].At.Sub(t.Past[i-1].At))
	}
	slices.Sort(gaps)
	return gaps
}

const (
	// fewestGaps make a habit.
	fewestGaps = 3
	// leastHabit is how late something may be in any case: what runs each hour
	// may rest at night.
	leastHabit = 12 * hour
)

// judge says how a thing is.
func (c *collector) judge(t *thing, now time.Time) {
	gaps := t.gaps()
	if len(gaps) >= fewestGaps {
		t.Usual = gaps[len(gaps)/2].Round(time.Second)
	}
	c.weigh(t)
	late, stale := c.config.limits(t.Name)
	age := now.Sub(t.last())
	var accustomed time.Duration
	if t.Usual > 0 && c.config.Habit {
		accustomed = max(2*gaps[len(gaps)-1], leastHabit)
	}
	switch {
	case len(t.Points) == 0 && t.Failed:
		t.State, t.Reason = stateFailed, "there is no backup of it, and the newest attempt made none: "+t.Failure
	case len(t.Points) == 0:
		t.State, t.Reason = stateNone, noBackup
	case t.Failed:
		t.State, t.Reason = stateFailed, "the newest attempt made no backup: "+t.Failure
	case age > stale:
		t.State, t.Reason = stateStale, fmt.Sprintf("the newest backup is %s old, the limit is %s", plainAge(age), plainAge(stale))
	case age > late:
		t.State, t.Reason = stateLate, fmt.Sprintf("the newest backup is %s old, the limit is %s", plainAge(age), plainAge(late))
	case accustomed > 0 && age > accustomed:
		t.State, t.Reason = stateLate, fmt.Sprintf("the newest backup is %s old, there is one every %s as a rule", plainAge(age), plainAge(t.Usual))
	default:
		t.State, t.Reason = stateOK, ""
	}
	if t.Shrunk && t.State == stateOK {
		t.Reason = "the newest backup is much smaller than those before it"
	}
}

// weigh compares the newest backup with those before it.
func (c *collector) weigh(t *thing) {
	size := t.size()
	if size == nil {
		return
	}
	var before []float64
	for _, p := range t.Past[:max(0, len(t.Past)-1)] {
		if p.Size >= 0 {
			before = append(before, p.Size)
		}
	}
	slices.Sort(before)
	least := float64(c.config.MinSize)
	if len(before) >= fewestGaps {
		least = max(least, before[len(before)/2]*(1-c.config.MaxShrink))
	}
	t.Doubted = c.config.MinSize > 0 || len(before) >= fewestGaps
	t.Shrunk = t.Doubted && *size < least
}

// ahead reports backups of a time that has not come.
func ahead(r *report, now time.Time) {
	for _, t := range r.things {
		if early := t.last().Sub(now); early > skew {
			r.problem(fault.New(fault.BadAnswer, "reading when %s was backed up: it is %s from now", t.Name, plainAge(early)).
				WithHint("compare the clocks of the machine that makes the backups and of this one"))
			return
		}
	}
}
