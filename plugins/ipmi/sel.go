package ipmi

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// Records of the log.
const (
	selRecordBytes = 16
	selEvent       = 0x02
	selFirst       = 0x0000
	selLast        = 0xffff
	// maxChain bounds how many entries are read in one run.
	maxChain = 200
	// preInit is the end of the times that are since the start of a controller that
	// does not know the time.
	preInit = 0x20000000
)

// readLog reads what is new in the log, or the newest of it the first time.
func (b *bmc) readLog(ctx context.Context, m *machine) error {
	const short = 14
	info, err := b.ask(ctx, functionStorage, 0x40)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(info) < short {
		return b.unexpected("its log")
	}
	entries, free := float64(binary.LittleEndian.Uint16(info[1:])), binary.LittleEndian.Uint16(info[3:])
	log := &eventLog{Entries: &entries, Overflow: info[13]&0x80 != 0}
	if free != selLast { // then it has that much, or more
		bytes := float64(free)
		log.FreeBytes = &bytes
		if all := bytes + entries*selRecordBytes; all > 0 {
			log.Used = value(entries * selRecordBytes / all)
		}
	}
	m.Log = log
	mark := hexBytes(info)
	if mark == b.kept.logMark {
		log.Unread = true
		return nil
	}
	raw, err := b.newest(ctx, int(entries))
	if err != nil {
		return err
	}
	for i := len(raw) - 1; i >= 0; i-- {
		log.Events = append(log.Events, b.parseEntry(raw[i]))
	}
	b.kept.logMark = mark
	if len(raw) > 0 {
		b.kept.last = raw[len(raw)-1]
	}
	return nil
}

// newest reads the newest entries, the oldest of them first: those after the last
// one that is known, or else those before the very last.
func (b *bmc) newest(ctx context.Context, entries int) ([][]byte, error) {
	if entries == 0 {
		return nil, nil
	}
	if b.kept.last != nil {
		id := binary.LittleEndian.Uint16(b.kept.last)
		next, same, err := b.entry(ctx, id)
		if err == nil && string(same) == string(b.kept.last) {
			raw := [][]byte{same}
			for next != selLast && len(raw) < maxChain {
				var record []byte
				if next, record, err = b.entry(ctx, next); err != nil {
					return nil, err
				}
				raw = append(raw, record)
			}
			return raw, nil
		}
		if err != nil && !isMissing(err) {
			return nil, err
		}
	}
	_, last, err := b.entry(ctx, selLast)
	if err != nil {
		if isMissing(err) {
			return nil, nil // it was cleared meanwhile
		}
		return nil, err
	}
	raw := [][]byte{last}
	for id := binary.LittleEndian.Uint16(last) - 1; id != selFirst && id != selLast && len(raw) < min(entries, b.session.config.Recent); id-- {
		_, record, err := b.entry(ctx, id)
		if isMissing(err) || err == nil && binary.LittleEndian.Uint16(record) != id {
			break // this controller does not count them one by one
		}
		if err != nil {
			return nil, err
		}
		raw = append([][]byte{record}, raw...)
	}
	return raw, nil
}

// entry reads one entry, and the number of the one after it.
func (b *bmc) entry(ctx context.Context, id uint16) (next uint16, record []byte, err error) {
	answer, err := b.ask(ctx, functionStorage, 0x43, 0, 0, byte(id), byte(id>>8), 0, 0xff)
	if err != nil {
		return 0, nil, err
	}
	if len(answer) < 2+selRecordBytes {
		return 0, nil, b.unexpected("an entry of its log")
	}
	return binary.LittleEndian.Uint16(answer), answer[2 : 2+selRecordBytes], nil
}

// parseEntry says in words what an entry tells.
func (b *bmc) parseEntry(record []byte) logEvent {
	e := logEvent{ID: strconv.Itoa(int(binary.LittleEndian.Uint16(record))), Severity: severityInfo}
	const timestamped, untimed = 0xc0, 0xe0
	if record[2] < untimed {
		e.Time = logTime(binary.LittleEndian.Uint32(record[3:]))
	}
	if record[2] != selEvent {
		e.Text = "entry of the maker: " + hexBytes(record[7:])
		if record[2] >= untimed {
			e.Text = "entry of the maker: " + hexBytes(record[3:])
		}
		return e
	}
	const deasserted, offset = 0x80, 0x0f
	sensorType, kind, bit := record[10], record[12]&^deasserted, record[13]&offset
	e.Sensor = b.nameOf(sensorType, record[11])
	if known := wordsOf(kind, sensorType); int(bit) < len(known) {
		e.Text, e.Severity = known[bit].text, known[bit].state
	} else {
		e.Text = fmt.Sprintf("event %d of kind 0x%02x", bit, kind)
	}
	if e.Severity == stateOK {
		e.Severity = severityInfo
	}
	if kind == thresholdKind {
		e.Text += b.readingOf(record)
	}
	if record[12]&deasserted != 0 {
		e.Text += ", is over"
		e.Severity = severityInfo
	}
	return e
}

// logTime is the moment that a controller wrote, or nil while it did not know the
// time.
func logTime(seconds uint32) *time.Time {
	if seconds < preInit || seconds == 0xffffffff {
		return nil
	}
	at := time.Unix(int64(seconds), 0).UTC()
	return &at
}

// nameOf is what the sensor of an entry is called.
func (b *bmc) nameOf(sensorType, number byte) string {
	for i := range b.kept.sensors {
		if d := &b.kept.sensors[i]; d.number == number && d.sensorType == sensorType && d.name != "" {
			return d.name
		}
	}
	return fmt.Sprintf("%s 0x%02x", typeName(sensorType), number)
}

// readingOf is the value that an entry of a threshold has, and the threshold.
func (b *bmc) readingOf(record []byte) string {
	const hasReading, hasThreshold = 0x40, 0x10
	for i := range b.kept.sensors {
		d := &b.kept.sensors[i]
		if d.number != record[11] || d.sensorType != record[10] || !d.analog {
			continue
		}
		text := ""
		if v := d.convert(record[14]); record[13]&0xc0 == hasReading && v != nil {
			text = fmt.Sprintf(", at %s", amount(*v, d.unit))
		}
		if v := d.convert(record[15]); record[13]&0x30 == hasThreshold && v != nil {
			text += fmt.Sprintf(" (threshold %s)", amount(*v, d.unit))
		}
		return text
	}
	return ""
}

// amount writes a value with its unit for people.
func amount(v float64, unit string) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	switch unit {
	case "celsius":
		return text + " °C"
	case "rpm":
		return text + " rpm"
	case "volts":
		return text + " V"
	case "amperes":
		return text + " A"
	case "watts":
		return text + " W"
	case "":
		return text
	default:
		return text + " " + unit
	}
}
