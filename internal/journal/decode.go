package journal

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
)

// decoder reads what the append functions wrote. The first thing that makes no
// sense ends it: everything after reads as zero and bad is set.
type decoder struct {
	data []byte
	bad  bool
}

// decodeEntry reads one entry. What it returns shares no memory with data.
func decodeEntry(data []byte, unzip func(src []byte) ([]byte, error)) ([]Definition, *Record, error) {
	d := &decoder{data: data}
	if layout := d.byte(); layout != layout1 {
		return nil, nil, fault.New(fault.Unsupported, "reading a journal entry of layout %d", layout)
	}
	flags := d.byte()
	definitions := make([]Definition, 0, d.count(2))
	for range cap(definitions) {
		definitions = append(definitions, d.definition())
	}
	if flags&hasRecord == 0 {
		return definitions, nil, d.end()
	}
	rec := &Record{Run: d.run(), State: d.state()}
	d.samples(rec)
	if flags&hasSnapshot != 0 {
		packed := d.bytes()
		if d.bad {
			return nil, nil, d.end()
		}
		document, err := unzip(packed)
		if err != nil {
			return nil, nil, fault.As(fault.BadAnswer, err, "unpacking a snapshot of the journal")
		}
		rec.Snapshot = document
	}
	if n := d.count(7); n > 0 {
		rec.Events = make([]inventory.Event, n)
		for i := range rec.Events {
			rec.Events[i] = d.event()
		}
	}
	rec.Values = d.values()
	return definitions, rec, d.end()
}

// end reports whether all was read and made sense.
func (d *decoder) end() error {
	if d.bad || len(d.data) > 0 {
		return fault.New(fault.BadAnswer, "reading a journal entry: its content makes no sense")
	}
	return nil
}

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.bad = true
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) uvarint() uint64 {
	value, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.bad, d.data = true, nil
		return 0
	}
	d.data = d.data[n:]
	return value
}

func (d *decoder) varint() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// count reads how many things follow, each of at least size bytes.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.data)/size) {
		d.bad, d.data = true, nil
		return 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.count(1)
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) string() string { return string(d.bytes()) }

func (d *decoder) time() time.Time {
	ms := d.varint()
	if ms == 0 {
		return time.Time{}
	}
	if ms > 0 {
		ms--
	}
	return time.UnixMilli(ms).UTC()
}

func (d *decoder) definition() Definition {
	id := series.ID(d.uvarint())
	n := d.count(2)
	builder := labels.NewScratchBuilder(n)
	for range n {
		name := d.string()
		builder.Add(name, d.string())
	}
	builder.Sort()
	return Definition{ID: id, Labels: builder.Labels()}
}

func (d *decoder) run() inventory.Run {
	return inventory.Run{
		Source:   inventory.SourceID(d.string()),
		Start:    d.time(),
		Duration: time.Duration(d.varint()),
		Attempts: int(d.varint()),
		Outcome:  inventory.Outcome(d.string()),
		Samples:  int(d.varint()),
		Problem:  d.problem(),
	}
}

func (d *decoder) state() inventory.State {
	return inventory.State{
		Source:      inventory.SourceID(d.string()),
		Status:      inventory.Status(d.string()),
		Since:       d.time(),
		Failures:    int(d.varint()),
		LastRun:     d.time(),
		LastSuccess: d.time(),
		Problem:     d.problem(),
	}
}

func (d *decoder) problem() *inventory.Problem {
	if d.byte() == 0 {
		return nil
	}
	return &inventory.Problem{Kind: fault.Kind(d.string()), Message: d.string(), Hint: d.string()}
}

func (d *decoder) samples(rec *Record) {
	rec.Time = d.varint()
	n := d.count(2)
	if n == 0 {
		return
	}
	rec.Samples = make([]series.Sample, n)
	id := int64(0)
	for i := range rec.Samples {
		id += d.varint()
		rec.Samples[i] = series.Sample{Series: series.ID(id), Value: d.value()}
	}
}

func (d *decoder) value() float64 {
	u := d.uvarint()
	scale := u & (1<<scaleBits - 1)
	if scale == rawValue {
		if len(d.data) < 8 {
			d.bad, d.data = true, nil
			return 0
		}
		bits := binary.LittleEndian.Uint64(d.data)
		d.data = d.data[8:]
		return math.Float64frombits(bits)
	}
	u >>= scaleBits
	mantissa := int64(u>>1) ^ -int64(u&1)
	power := 1.0
	for range scale {
		power *= 10
	}
	return float64(mantissa) / power
}

func (d *decoder) event() inventory.Event {
	event := inventory.Event{
		ID:       d.varint(),
		Time:     d.time(),
		Kind:     d.string(),
		Source:   inventory.SourceID(d.string()),
		Host:     inventory.HostID(d.string()),
		Severity: inventory.Severity(d.string()),
		Title:    d.string(),
	}
	if n := d.count(2); n > 0 {
		event.Detail = make(map[string]string, n)
		for range n {
			key := d.string()
			event.Detail[key] = d.string()
		}
	}
	return event
}

func (d *decoder) values() map[string]json.RawMessage {
	n := d.count(2)
	if n == 0 {
		return nil
	}
	values := make(map[string]json.RawMessage, n)
	for range n {
		name := d.string()
		values[name] = append(json.RawMessage(nil), d.bytes()...)
	}
	return values
}
