package schedule

// lane bounds the runs that go on at the same time. Those beyond wait in turn.
// The scheduler's lock guards it.
type lane struct {
	limit int
	busy  int
	queue []*entry
}

// enter takes a place for e, or puts it in the queue.
func (l *lane) enter(e *entry) bool {
	if l.busy < l.limit {
		l.busy++
		return true
	}
	l.queue = append(l.queue, e)
	return false
}

// next takes a place for the first in the queue; nil when there is none, or no
// place.
func (l *lane) next() *entry {
	if l.busy >= l.limit || len(l.queue) == 0 {
		return nil
	}
	e := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	l.busy++
	return e
}

// leave gives a place back.
func (l *lane) leave() { l.busy-- }
