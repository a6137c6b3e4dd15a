package journal

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
)

// The first byte of an entry. A later layout gets another one, so that a newer
// Unity can read what an older one wrote.
const layout1 = 1

// Flags of an entry, in its second byte.
const (
	hasRecord   = 1 << iota // a record follows the definitions
	hasSnapshot             // the record has a snapshot
)

// How a value is written: zig-zag mantissa and scale in one varint, or, where
// that does not give the same bits back, the eight bytes after rawValue.
const (
	scaleBits = 3
	rawValue  = 1<<scaleBits - 1
	maxScale  = rawValue - 1
)

// exactLimit is the largest magnitude below which every integer is a float64.
const exactLimit = 1 << 53

// appendEntry writes the definitions and the record to dst.
func appendEntry(dst []byte, definitions []Definition, rec *Record, zip func(dst, src []byte) []byte) []byte {
	flags := byte(0)
	if rec != nil {
		flags |= hasRecord
		if rec.Snapshot != nil {
			flags |= hasSnapshot
		}
	}
	dst = append(dst, layout1, flags)
	dst = binary.AppendUvarint(dst, uint64(len(definitions)))
	for _, definition := range definitions {
		dst = appendDefinition(dst, definition)
	}
	if rec == nil {
		return dst
	}
	dst = appendRun(dst, rec.Run)
	dst = appendState(dst, rec.State)
	dst = appendSamples(dst, rec)
	if rec.Snapshot != nil {
		packed := zip(nil, rec.Snapshot)
		dst = binary.AppendUvarint(dst, uint64(len(packed)))
		dst = append(dst, packed...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(rec.Events)))
	for _, event := range rec.Events {
		dst = appendEvent(dst, event)
	}
	return appendValues(dst, rec.Values)
}

func appendDefinition(dst []byte, definition Definition) []byte {
	dst = binary.AppendUvarint(dst, uint64(definition.ID))
	dst = binary.AppendUvarint(dst, uint64(definition.Labels.Len()))
	definition.Labels.Range(func(label labels.Label) {
		dst = appendString(dst, label.Name)
		dst = appendString(dst, label.Value)
	})
	return dst
}

func appendRun(dst []byte, run inventory.Run) []byte {
	dst = appendString(dst, string(run.Source))
	dst = appendTime(dst, run.Start)
	dst = binary.AppendVarint(dst, int64(run.Duration))
	dst = binary.AppendVarint(dst, int64(run.Attempts))
	dst = appendString(dst, string(run.Outcome))
	dst = binary.AppendVarint(dst, int64(run.Samples))
	return appendProblem(dst, run.Problem)
}

func appendState(dst []byte, state inventory.State) []byte {
	dst = appendString(dst, string(state.Source))
	dst = appendString(dst, string(state.Status))
	dst = appendTime(dst, state.Since)
	dst = binary.AppendVarint(dst, int64(state.Failures))
	dst = appendTime(dst, state.LastRun)
	dst = appendTime(dst, state.LastSuccess)
	return appendProblem(dst, state.Problem)
}

func appendProblem(dst []byte, problem *inventory.Problem) []byte {
	if problem == nil {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = appendString(dst, string(problem.Kind))
	dst = appendString(dst, problem.Message)
	return appendString(dst, problem.Hint)
}

func appendSamples(dst []byte, rec *Record) []byte {
	dst = binary.AppendVarint(dst, rec.Time)
	dst = binary.AppendUvarint(dst, uint64(len(rec.Samples)))
	previous := int64(0)
	for _, sample := range rec.Samples {
		dst = binary.AppendVarint(dst, int64(sample.Series)-previous)
		previous = int64(sample.Series)
		dst = appendValue(dst, sample.Value)
	}
	return dst
}

// appendValue writes most values in two to five bytes: what is measured is a
// whole number or has a few decimals.
func appendValue(dst []byte, value float64) []byte {
	bits := math.Float64bits(value)
	for scale, power := 0, 1.0; scale <= maxScale; scale, power = scale+1, power*10 {
		mantissa := math.RoundToEven(value * power)
		if !(math.Abs(mantissa) < exactLimit) { // also when it is not a number
			break
		}
		m := int64(mantissa)
		if math.Float64bits(float64(m)/power) == bits { // never for minus zero
			return binary.AppendUvarint(dst, uint64(m<<1^m>>63)<<scaleBits|uint64(scale))
		}
	}
	return binary.LittleEndian.AppendUint64(append(dst, rawValue), bits)
}

func appendEvent(dst []byte, event inventory.Event) []byte {
	dst = binary.AppendVarint(dst, event.ID)
	dst = appendTime(dst, event.Time)
	dst = appendString(dst, event.Kind)
	dst = appendString(dst, string(event.Source))
	dst = appendString(dst, string(event.Host))
	dst = appendString(dst, string(event.Severity))
	dst = appendString(dst, event.Title)
	dst = binary.AppendUvarint(dst, uint64(len(event.Detail)))
	for _, key := range slices.Sorted(maps.Keys(event.Detail)) {
		dst = appendString(dst, key)
		dst = appendString(dst, event.Detail[key])
	}
	return dst
}

func appendValues(dst []byte, values map[string]json.RawMessage) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(values)))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		dst = appendString(dst, name)
		dst = appendString(dst, string(values[name]))
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// appendTime writes milliseconds since 1970, one more from zero on, so that 0
// stands for the zero time.
func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	ms := t.UnixMilli()
	if ms >= 0 {
		ms++
	}
	return binary.AppendVarint(dst, ms)
}
