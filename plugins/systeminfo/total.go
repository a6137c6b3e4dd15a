package systeminfo

// total is a sum of counters that goes on when one of them is taken away.
type total struct {
	sum  float64
	last map[string]float64
}

// add takes the present values. One that is new counts in full, one that went
// back has started again.
func (t *total) add(now map[string]float64) float64 {
	for name, value := range now {
		before := t.last[name]
		if value < before {
			before = 0
		}
		t.sum += value - before
	}
	t.last = now
	return t.sum
}
