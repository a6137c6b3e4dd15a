package cli

import (
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// How much the heap grows, in percent of what is in use, before it is collected.
// To collect a heap of a few megabytes costs next to nothing, and a quarter
// saves a tenth of the resident memory; but who answers many queries a second
// would collect as often, and takes half.
const (
	calmPercent = 25
	busyPercent = 50
)

// Collections are many when there were so many within so short a time, and few
// again when none was for so long.
const (
	manyCollections = 4
	manyWithin      = time.Second
	fewAfter        = 2 * time.Second
)

// saveMemory sets the pace of the garbage collector, unless GOGC does.
func (o *options) saveMemory() {
	for _, entry := range o.program.Environ {
		if strings.HasPrefix(entry, "GOGC=") {
			return
		}
	}
	debug.SetGCPercent(calmPercent)
	c := &collections{percent: calmPercent, set: func(percent int) { debug.SetGCPercent(percent) }}
	c.watch()
}

// collections sets the pace by how often there was one.
type collections struct {
	recent  [manyCollections]time.Time // the newest last
	percent int
	set     func(percent int)
}

// watch looks at every collection from now on: each takes away what the one
// before left for it.
func (c *collections) watch() {
	left := new(*collections) // a pointer, or it would share its memory with others
	runtime.AddCleanup(left, func(c *collections) {
		c.count(time.Now())
		c.watch()
	}, c)
}

// count takes in a collection.
func (c *collections) count(now time.Time) {
	last := c.recent[manyCollections-1]
	copy(c.recent[:], c.recent[1:])
	c.recent[manyCollections-1] = now
	percent := c.percent
	switch {
	case now.Sub(c.recent[0]) < manyWithin:
		percent = busyPercent
	case now.Sub(last) > fewAfter:
		percent = calmPercent
	}
	if percent != c.percent {
		c.percent = percent
		c.set(percent)
	}
}
