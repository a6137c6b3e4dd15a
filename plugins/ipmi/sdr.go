package ipmi

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// The kinds of record that describe something to look at.
const (
	recordFull    = 0x01
	recordCompact = 0x02
	recordFRU     = 0x11
)

// Where things stand in records.
const (
	recordHeader  = 5
	fullName      = 47
	compactName   = 31
	fruName       = 15
	thresholdKind = 0x01 // of a sensor that has a value
	specificKind  = 0x6f // of a sensor whose states are those of its type
)

// description is what a record says of a sensor.
type description struct {
	number, lun, owner byte
	entity, instance   byte
	sensorType, kind   byte // what it looks after, and what its states mean
	readable           byte // a bit for each threshold that can be read
	unit               string
	factor             float64 // for units that are not the base one
	shift              float64
	name               string

	analog              bool
	signed              byte
	linear              byte
	m, b                float64
	valueExp, offsetExp int
	raw                 [6]byte // thresholds as the record has them: UNR UCR UNC LNR LCR LNC
}

// located is a part whose inventory can be read.
type located struct {
	id   byte
	name string
}

// parseRecord reads a record. Those that describe nothing to look at give
// nothing.
func parseRecord(record []byte) (sensors []description, parts []located) {
	if len(record) < recordHeader {
		return nil, nil
	}
	switch record[3] {
	case recordFull:
		if d, ok := parseFull(record); ok {
			return []description{d}, nil
		}
	case recordCompact:
		return parseCompact(record), nil
	case recordFRU:
		const logical = 0x80
		if len(record) > fruName && record[7]&logical != 0 {
			return nil, []located{{id: record[6], name: idString(record[fruName:])}}
		}
	}
	return nil, nil
}

// parseKey reads what full and compact records have in common.
func parseKey(record []byte) description {
	const lun, instance, readable = 3, 0x7f, 0x3f
	d := description{
		owner: record[5], lun: record[6] & lun, number: record[7], entity: record[8], instance: record[9] & instance,
		sensorType: record[12], kind: record[13], readable: record[18] & readable,
	}
	d.unit, d.factor, d.shift = unitOf(record[20], record[21], record[22])
	return d
}

func parseFull(record []byte) (description, bool) {
	if len(record) <= fullName {
		return description{}, false
	}
	const none, formatAt, kind = 3, 6, 0x7f
	d := parseKey(record)
	d.name = idString(record[fullName:])
	d.signed = record[20] >> formatAt
	d.analog = d.kind == thresholdKind || d.signed != none
	d.analog = d.analog && d.signed != none
	d.linear = record[23] & kind
	d.m, d.b = signed10(record[24], record[25]), signed10(record[26], record[27])
	d.valueExp, d.offsetExp = signed4(record[29]>>4), signed4(record[29])
	copy(d.raw[:], record[36:42])
	return d, true
}

func parseCompact(record []byte) []description {
	if len(record) <= compactName {
		return nil
	}
	const most, entities, letters, offset = 0x0f, 0x80, 1, 0x7f
	first := parseKey(record)
	first.readable = 0
	first.name = idString(record[compactName:])
	count := max(int(record[23]&most), 1)
	if count == 1 {
		return []description{first}
	}
	all := make([]description, 0, count)
	for i := range count {
		d := first
		d.number += byte(i)
		if record[24]&entities != 0 {
			d.instance += byte(i)
		}
		at := int(record[24]&offset) + i
		if record[23]>>4&lunMask == letters {
			d.name += string(rune('A' + at%26))
		} else {
			d.name += strconv.Itoa(at)
		}
		all = append(all, d)
	}
	return all
}

const lunMask = 3

// signed10 reads a number of ten bits, of which two are the highest of another
// byte.
func signed10(low, high byte) float64 {
	const highAt, wide, half = 6, 1 << 10, 1 << 9
	n := int(low) | int(high>>highAt)<<8
	if n >= half {
		n -= wide
	}
	return float64(n)
}

func signed4(b byte) int {
	const wide, half = 16, 8
	n := int(b & 0x0f)
	if n >= half {
		n -= wide
	}
	return n
}

// idString reads a name with the byte in front of it that says how it is
// written.
func idString(field []byte) string {
	const length, formatAt = 0x1f, 6
	if len(field) == 0 {
		return ""
	}
	data := field[1:]
	data = data[:min(len(data), int(field[0]&length))]
	return decodeText(field[0]>>formatAt, data)
}

// decodeText reads a text in one of the ways in which IPMI writes it.
func decodeText(format byte, data []byte) string {
	const bcd, packed, ascii = 1, 2, 3
	var text strings.Builder
	switch format {
	case ascii:
		return tidy(string(data))
	case packed: // six bits for each letter
		bits, have := 0, 0
		for _, b := range data {
			bits |= int(b) << have
			for have += 8; have >= 6; have -= 6 {
				text.WriteByte(byte(bits&0x3f) + ' ')
				bits >>= 6
			}
		}
	case bcd:
		for _, b := range data {
			for _, digit := range []byte{b >> 4, b & 0x0f} {
				text.WriteByte("0123456789 -.   "[digit])
			}
		}
	default: // two bytes for each letter
		for len(data) >= 2 {
			text.WriteRune(rune(binary.LittleEndian.Uint16(data)))
			data = data[2:]
		}
	}
	return tidy(text.String())
}

// convert makes a value of a raw reading.
func (d *description) convert(raw byte) *float64 {
	x := float64(raw)
	const ones, twos = 1, 2
	switch d.signed {
	case ones:
		if n := int8(raw); n < 0 {
			x = float64(n) + 1
		}
	case twos:
		x = float64(int8(raw))
	}
	// Not times 0.001: 12.159 is nicer than 12.159000000000001.
	y := d.m*x + d.b*math.Pow10(d.offsetExp)
	if d.valueExp < 0 {
		y /= math.Pow10(-d.valueExp)
	} else {
		y *= math.Pow10(d.valueExp)
	}
	y, ok := linearize(d.linear, y)
	if !ok {
		return nil
	}
	if d.factor != 1 || d.shift != 0 {
		y = math.Round((y*d.factor+d.shift)*1e6) / 1e6
	}
	return value(y)
}

// linearize applies the function that a record names.
func linearize(function byte, y float64) (float64, bool) {
	switch function {
	case 0:
		return y, true
	case 1:
		return math.Log(y), true
	case 2:
		return math.Log10(y), true
	case 3:
		return math.Log2(y), true
	case 4:
		return math.Exp(y), true
	case 5:
		return math.Pow(10, y), true
	case 6:
		return math.Exp2(y), true
	case 7:
		return 1 / y, true
	case 8:
		return y * y, true
	case 9:
		return y * y * y, true
	case 10:
		return math.Sqrt(y), true
	case 11:
		return math.Cbrt(y), true
	default:
		return 0, false // its factors are other ones at each value
	}
}

// unitOf reads the unit of a sensor, and what makes the base unit of it.
func unitOf(flags, base, modifier byte) (unit string, factor, shift float64) {
	const percent, rates = 0x01, 0x38
	if flags&percent != 0 {
		return "ratio", 0.01, 0
	}
	switch base {
	case 0:
		return "", 1, 0
	case 1:
		return "celsius", 1, 0
	case 2:
		const fifth, ice = 5.0 / 9, 32
		return "celsius", fifth, -ice * fifth
	case 3:
		const zero = 273.15
		return "celsius", 1, -zero
	}
	name, known := map[byte]string{
		4: "volts", 5: "amperes", 6: "watts", 7: "joules", 8: "coulombs", 9: "voltamperes", 11: "lumen", 12: "lux", 14: "kilopascals",
		15: "psi", 17: "cfm", 18: "rpm", 19: "hertz", 20: "microseconds", 21: "milliseconds", 22: "seconds", 23: "minutes", 24: "hours",
		25: "days", 35: "radians", 41: "gravities", 42: "ounces", 43: "pounds", 50: "decibels", 68: "bits", 70: "bytes", 72: "words",
		75: "retries", 78: "overflows", 86: "errors", 87: "corrected_errors", 88: "uncorrected_errors",
	}[base]
	if !known {
		name = "unit " + strconv.Itoa(int(base))
	}
	if flags&rates != 0 || modifier != 0 {
		return name + "_rate", 1, 0
	}
	return name, 1, 0
}

// entityName says in words where a sensor is.
func entityName(entity, instance byte) string {
	name, known := map[byte]string{
		1: "other", 3: "processor", 4: "disk", 5: "peripheral bay", 6: "management module", 7: "system board", 8: "memory module",
		9: "processor module", 10: "power supply", 11: "add-in card", 12: "front panel", 13: "back panel", 14: "power system board",
		15: "drive backplane", 16: "expansion board", 17: "other board", 18: "processor board", 19: "power unit", 20: "power module",
		21: "power management", 22: "chassis back panel", 23: "chassis", 24: "sub-chassis", 26: "disk bay", 27: "peripheral bay",
		28: "device bay", 29: "fan", 30: "cooling unit", 31: "cable", 32: "memory device", 33: "management software", 34: "BIOS",
		35: "operating system", 36: "system bus", 37: "group", 38: "remote management", 39: "environment", 40: "battery",
		41: "processing blade", 42: "switch", 43: "processor and memory", 44: "I/O module", 45: "processor I/O", 46: "controller",
		47: "IPMI channel", 48: "PCI bus", 49: "PCI Express bus", 50: "SCSI bus", 51: "SATA/SAS bus", 52: "front-side bus", 53: "clock",
		55: "air inlet", 64: "air inlet", 65: "processor", 66: "baseboard",
	}[entity]
	if !known {
		name = "entity " + strconv.Itoa(int(entity))
	}
	return name + " " + strconv.Itoa(int(instance))
}
