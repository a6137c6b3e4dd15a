package influxdb

// total is a counter that is told in parts, such as one for each shard. Parts go
// away when data is dropped; their sum would fall then, and look like a restart
// after which everything happened anew. So only what is added is counted, from
// when watching began.
type total struct {
	parts   map[string]float64
	begun   bool
	counted float64
}

// count takes the parts as they are now and returns what was counted.
func (t *total) count(parts map[string]float64) float64 {
	for name, now := range parts {
		before, known := t.parts[name]
		switch {
		case known && now >= before:
			t.counted += now - before
		case t.begun:
			t.counted += now // a new part, or a server that was restarted
		}
	}
	t.parts, t.begun = parts, true
	return t.counted
}

// count is what was counted under a name.
func (c *collector) count(name string, parts map[string]float64) float64 {
	t := c.totals[name]
	if t == nil {
		t = new(total)
		c.totals[name] = t
	}
	return t.count(parts)
}

// add adds to a sum that may be absent.
func add(sum **float64, value float64) {
	if *sum == nil {
		*sum = new(float64)
	}
	**sum += value
}
