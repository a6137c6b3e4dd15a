package schedule

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/unity-homelab/unity/fault"
)

// Bounds of what a source may keep between runs.
const (
	maxValueBytes = 64 << 10
	maxValues     = 256
)

// values are what a source keeps between runs. It outlives collectors.
type values struct {
	mu   sync.Mutex
	kept map[string]json.RawMessage
}

func newValues(kept map[string]json.RawMessage) *values {
	v := &values{kept: make(map[string]json.RawMessage, len(kept))}
	for key, value := range kept {
		if len(value) > 0 && string(value) != "null" {
			v.kept[key] = value
		}
	}
	return v
}

// draft is what one collector sees of the values of its source, with the
// changes that no run has recorded yet. It implements plugin.State.
type draft struct {
	values *values

	mu      sync.Mutex
	changes map[string]json.RawMessage // null forgets
	closed  bool
}

// null stands for a value that was forgotten.
func null() json.RawMessage { return json.RawMessage("null") }

// Get implements plugin.State.
func (d *draft) Get(key string) json.RawMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	value, ok := d.changes[key]
	if !ok {
		d.values.mu.Lock()
		defer d.values.mu.Unlock()
		value = d.values.kept[key]
	}
	if string(value) == "null" {
		return nil
	}
	return slices.Clone(value)
}

// Set implements plugin.State.
func (d *draft) Set(key string, value json.RawMessage) error {
	switch {
	case len(value) > maxValueBytes:
		return fault.New(fault.Internal, "keeping the value %s: %d bytes are more than %d", key, len(value), maxValueBytes)
	case len(value) > 0 && !json.Valid(value):
		return fault.New(fault.Internal, "keeping the value %s: it is not JSON", key)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fault.New(fault.Canceled, "keeping the value %s: the collector was closed", key)
	}
	if len(value) == 0 {
		value = null()
	}
	if _, ok := d.changes[key]; !ok && d.keys() >= maxValues {
		return fault.New(fault.Internal, "keeping the value %s: there are %d already", key, maxValues)
	}
	if d.changes == nil {
		d.changes = make(map[string]json.RawMessage)
	}
	d.changes[key] = slices.Clone(value)
	return nil
}

// keys counts the keys that are kept or changed.
func (d *draft) keys() int {
	d.values.mu.Lock()
	defer d.values.mu.Unlock()
	n := len(d.changes)
	for key := range d.values.kept {
		if _, ok := d.changes[key]; !ok {
			n++
		}
	}
	return n
}

// pending returns the changes so far.
func (d *draft) pending() map[string]json.RawMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.changes)
}

// keep makes the changes, which have been recorded, part of the values.
// Changes made since they were asked for stay pending.
func (d *draft) keep(recorded map[string]json.RawMessage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.values.mu.Lock()
	defer d.values.mu.Unlock()
	for key, value := range recorded {
		if string(value) == "null" {
			delete(d.values.kept, key)
		} else {
			d.values.kept[key] = value
		}
		if string(d.changes[key]) == string(value) {
			delete(d.changes, key)
		}
	}
}

// rollback forgets the changes that no run has recorded.
func (d *draft) rollback() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.changes)
}

// close ends the draft: a collector that was given up changes nothing more.
func (d *draft) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	clear(d.changes)
}
