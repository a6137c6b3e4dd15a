package ipmi

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
)

func TestReadingsAreConverted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		d    description
		raw  byte
		want float64
	}{
		"as it is":             {description{m: 1, factor: 1}, 42, 42},
		"times and divided":    {description{m: 63, valueExp: -3, factor: 1}, 193, 12.159},
		"with an offset":       {description{m: 2, b: -5, offsetExp: 1, factor: 1}, 100, 150},
		"below zero":           {description{m: 1, signed: 2, factor: 1}, 0xf6, -10},
		"below zero, inverted": {description{m: 1, signed: 1, factor: 1}, 0xf5, -10},
		"Fahrenheit":           {description{m: 1, factor: 5.0 / 9, shift: -160.0 / 9}, 212, 100},
		"squared":              {description{m: 1, linear: 8, factor: 1}, 5, 25},
	} {
		if got := test.d.convert(test.raw); got == nil || *got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if got := (&description{m: 1, linear: 7, factor: 1}).convert(0); got != nil {
		t.Errorf("one divided by nothing is %v", *got)
	}
	if got := (&description{m: 1, linear: 0x70, factor: 1}).convert(5); got != nil {
		t.Errorf("a reading whose function nobody told is %v", *got)
	}
}

func TestASharedRecordIsSeveralSensors(t *testing.T) {
	t.Parallel()
	record := append(make([]byte, compactName), 0xc4, 'D', 'I', 'M', 'M')
	record[3], record[7], record[9], record[13] = recordCompact, 0x20, 1, specificKind
	record[23], record[24] = 3, 0x80|1
	sensors, _ := parseRecord(record)
	if len(sensors) != 3 {
		t.Fatalf("it is %d sensors", len(sensors))
	}
	for i, want := range []string{"DIMM1", "DIMM2", "DIMM3"} {
		if d := sensors[i]; d.name != want || d.number != 0x20+byte(i) || d.instance != 1+byte(i) {
			t.Errorf("sensor %d: %+v, want %s", i, d, want)
		}
	}
}

func TestTextsAreReadInEachOfTheirForms(t *testing.T) {
	t.Parallel()
	for want, field := range map[string][]byte{
		"P1 Temp": {0xc7, 'P', '1', ' ', 'T', 'e', 'm', 'p'},
		"12-3":    {0x42, 0x12, 0xb3},
		"IPMI":    {0x83, 0x29, 0xdc, 0xa6},
		"Ab":      {0x04, 'A', 0, 'b', 0},
		"":        {},
	} {
		if got := idString(field); got != want {
			t.Errorf("% x is %q, want %q", field, got, want)
		}
	}
}

// FuzzRecord wants whatever a description holds to be taken without harm.
func FuzzRecord(f *testing.F) {
	f.Add(append(bytes.Repeat([]byte{1}, fullName), 0xc3, '1', '2', 'V'), byte(193))
	f.Add([]byte{0, 0, 0x51, recordCompact, 200}, byte(0))
	f.Fuzz(func(t *testing.T, record []byte, raw byte) {
		sensors, _ := parseRecord(record)
		for i := range sensors {
			if v := sensors[i].convert(raw); v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				t.Errorf("% x makes %v of %d", record, *v, raw)
			}
		}
		_ = parseFRU(record)
	})
}

// FuzzPacket wants what was packed to be unpacked, and nothing else.
func FuzzPacket(f *testing.F) {
	f.Add([]byte("a message"), byte(3), 20)
	f.Fuzz(func(t *testing.T, payload []byte, change byte, at int) {
		h := &handshake{suite: suites()[17], password: []byte("secret"), key: []byte("secret"), user: "unity"}
		k, err := h.keys(h.sessionKey())
		if err != nil {
			t.Fatal(err)
		}
		const longest = 1024
		payload = payload[:min(len(payload), longest)]
		packet := pack(payloadMessage, payload, 7, 1, k)
		if got, err := unpack(packet, payloadMessage, 7, k); err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("% x comes back as % x (%v)", payload, got, err)
		}
		if change != 0 && at >= packetHeader && at < len(packet) {
			packet[at] ^= change
			if got, err := unpack(packet, payloadMessage, 7, k); err == nil {
				t.Errorf("a packet that was changed at %d is taken for % x", at, got)
			}
		}
		_, _ = unpack(payload, payloadMessage, 7, k)
		_, _ = unpack(payload, payloadOpened, 0, nil)
	})
}

// FuzzNode wants whatever Redfish says to be taken without harm.
func FuzzNode(f *testing.F) {
	f.Add([]byte(`{"Name": "CPU", "ReadingCelsius": "42", "Status": {"Health": "OK"}, "UpperThresholdCritical": 1e400}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		var n node
		if json.Unmarshal(document, &n) != nil {
			return
		}
		s, _ := reading(n, "1", kindTemperature, "celsius", "ReadingCelsius", "Reading")
		if s.Value != nil && (math.IsNaN(*s.Value) || math.IsInf(*s.Value, 0)) {
			t.Errorf("%s makes %v", document, *s.Value)
		}
		_ = entryOf(n)
		(&redfish{}).drive(n)
	})
}
