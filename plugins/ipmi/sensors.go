package ipmi

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Bounds of what descriptions are read.
const (
	maxRecords = 2000
	recordEnd  = 0xffff
)

// readSensors reads every sensor. What they are is read anew when the controller
// says that it changed, and now and then.
func (b *bmc) readSensors(ctx context.Context, m *machine) error {
	if err := b.describe(ctx); err != nil {
		return err
	}
	var refused error
	for i := range b.kept.sensors {
		d := &b.kept.sensors[i]
		if !b.filter.shows(d.name) || d.owner != controller {
			continue // those of other controllers this one would have to ask
		}
		s, err := b.readSensor(ctx, d, b.kept.thresholds[i])
		switch {
		case err == nil:
			m.add(s)
		case ctx.Err() != nil, fault.Of(err) == fault.Timeout:
			return err
		default:
			refused = err
		}
	}
	if len(m.Sensors) == 0 && refused == nil {
		return fault.New(fault.Partial, "asking %s for its sensors: it has none", b.address).
			WithHint("it may be starting; a controller without sensors tells nothing of its machine")
	}
	return refused
}

// describe reads what sensors there are.
func (b *bmc) describe(ctx context.Context) error {
	const short = 13
	info, err := b.ask(ctx, functionStorage, 0x20)
	if err != nil {
		return err
	}
	if len(info) < short {
		return b.unexpected("its sensors")
	}
	mark, now := hexBytes(info), b.host.Now()
	if mark == b.kept.mark && now.Sub(b.kept.at) < b.config.SDRCache.Std() {
		return nil
	}
	k := known{at: now, mark: mark, thresholds: make(map[int][]byte), logMark: b.kept.logMark, last: b.kept.last}
	for id, n := uint16(0), 0; id != recordEnd; n++ {
		if n == maxRecords {
			return fault.New(fault.BadAnswer, "asking %s for its sensors: there are more than %d descriptions", b.address, maxRecords)
		}
		next, record, err := b.record(ctx, id)
		if err != nil {
			return err
		}
		sensors, _ := parseRecord(record)
		k.sensors = append(k.sensors, sensors...)
		id = next
	}
	for i := range k.sensors {
		d := &k.sensors[i]
		if !d.analog || d.readable == 0 || d.owner != controller || !b.filter.shows(d.name) {
			continue
		}
		levels, err := b.send(ctx, question{function: functionSensor, number: 0x27, lun: d.lun, data: []byte{d.number}})
		switch {
		case err == nil && len(levels) >= 7:
			k.thresholds[i] = levels
		case err != nil && (ctx.Err() != nil || fault.Of(err) == fault.Timeout):
			return err
		}
	}
	b.kept = k
	return nil
}

// record reads one description: as a whole, or in steps where the controller
// cannot send that much at once.
func (b *bmc) record(ctx context.Context, id uint16) (next uint16, record []byte, err error) {
	const whole, tooLong, step, lost = 0xff, 0xca, 16, 0xc5
	if !b.inSteps {
		answer, err := b.ask(ctx, functionStorage, 0x23, 0, 0, byte(id), byte(id>>8), 0, whole)
		if err == nil && len(answer) >= 2 {
			return binary.LittleEndian.Uint16(answer), answer[2:], nil
		}
		if err != nil && !refusedWith(err, tooLong, lost, 0xc7, 0xc8, 0xff) {
			return 0, nil, err
		}
		b.inSteps = true
	}
	reserved, err := b.ask(ctx, functionStorage, 0x22)
	if err != nil {
		return 0, nil, err
	}
	if len(reserved) < 2 {
		return 0, nil, b.unexpected("its sensors")
	}
	for want := recordHeader; len(record) < want; {
		answer, err := b.ask(ctx, functionStorage, 0x23, reserved[0], reserved[1], byte(id), byte(id>>8), byte(len(record)), byte(min(step, want-len(record))))
		if err != nil {
			return 0, nil, err
		}
		if len(answer) < 3 {
			return 0, nil, b.unexpected("its sensors")
		}
		next, record = binary.LittleEndian.Uint16(answer), append(record, answer[2:]...)
		if want == recordHeader && len(record) >= recordHeader {
			want += int(record[4])
		}
	}
	return next, record, nil
}

// readSensor reads one sensor.
func (b *bmc) readSensor(ctx context.Context, d *description, levels []byte) (sensor, error) {
	s := sensor{Name: d.name, Entity: entityName(d.entity, d.instance), Type: typeName(d.sensorType), Unit: d.unit, State: stateNA, Kind: kindOther}
	if d.analog {
		s.Kind = kindOfUnit(d.unit)
		s.levels(d, levels)
	}
	if s.Name == "" {
		s.Name = fmt.Sprintf("%s 0x%02x", s.Type, d.number)
	}
	answer, err := b.send(ctx, question{function: functionSensor, number: 0x2d, lun: d.lun, data: []byte{d.number}})
	if isMissing(err) {
		return s, nil // the part is not there, or off
	}
	if err != nil {
		return s, err
	}
	const scanning, unavailable = 0x40, 0x20
	if len(answer) < 2 || answer[1]&scanning == 0 || answer[1]&unavailable != 0 {
		return s, nil
	}
	var bits uint16
	for i, octet := range answer[2:min(len(answer), 4)] {
		bits |= uint16(octet) << (8 * i)
	}
	if d.analog {
		s.Value = d.convert(answer[0])
	}
	if d.kind == thresholdKind {
		s.State = levelOf(bits)
		return s, nil
	}
	const states = 0x7fff
	s.Words, s.State = meaning(d.kind, d.sensorType, bits&states)
	return s, nil
}

// levelOf says how good a value is by the thresholds beyond which it is.
func levelOf(bits uint16) string {
	const warning, critical = 0x09, 0x36
	switch {
	case bits&critical != 0:
		return stateCritical
	case bits&warning != 0:
		return stateWarning
	default:
		return stateOK
	}
}

// levels sets the thresholds: those that the controller uses, or else those that
// the description came with.
func (s *sensor) levels(d *description, levels []byte) {
	raw, mask := d.raw, d.readable
	if levels != nil {
		mask = levels[0]
		// The command has them in the other order.
		raw = [6]byte{levels[6], levels[5], levels[4], levels[3], levels[2], levels[1]}
	}
	set := func(bit, i int) *float64 {
		if mask>>bit&1 == 0 {
			return nil
		}
		return d.convert(raw[i])
	}
	s.Upper = thresholds{Fatal: set(5, 0), Critical: set(4, 1), Warning: set(3, 2)}
	s.Lower = thresholds{Fatal: set(2, 3), Critical: set(1, 4), Warning: set(0, 5)}
}

// add takes a sensor, under a name that no other one at the same place has, and
// what it says of power supplies and of redundancy.
func (m *machine) add(s sensor) {
	for i, name := 2, s.Name; ; i++ {
		taken := false
		for j := range m.Sensors {
			taken = taken || m.Sensors[j].Name == s.Name && m.Sensors[j].Entity == s.Entity
		}
		if !taken {
			break
		}
		s.Name = fmt.Sprintf("%s #%d", name, i)
	}
	m.Sensors = append(m.Sensors, s)
	if s.Value != nil || len(s.Words) == 0 {
		return
	}
	all := strings.Join(s.Words, ", ")
	switch {
	case strings.Contains(all, "redundan"):
		kind := "psu"
		if s.Type == "fan" || s.Type == "cooling device" {
			kind = "fan"
		}
		m.Redundancy = append(m.Redundancy, redundancy{Kind: kind, Name: s.Name, OK: s.State == stateOK, Words: all})
	case s.Type == "power supply" && s.State != stateNA:
		name := s.Name
		for i := range m.Supplies {
			if m.Supplies[i].Name == name {
				name = s.Name + " (" + s.Entity + ")"
			}
		}
		m.Supplies = append(m.Supplies, supply{Name: name, State: s.State, known: true})
	}
}
