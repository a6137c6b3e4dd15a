package networkswitch

import (
	"cmp"
	"encoding/hex"
	"math"
	"net"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"

	"github.com/unity-homelab/unity/plugin"
)

// value is what a device says of one thing.
type value struct {
	number float64
	bytes  []byte // of a text; nil for a number
	oid    string // of a reference
}

// valueOf takes a value over. One that says that there is none is none.
func valueOf(pdu gosnmp.SnmpPDU) (value, bool) {
	switch v := pdu.Value.(type) {
	case []byte:
		return value{bytes: append([]byte{}, v...)}, true
	case string:
		if pdu.Type == gosnmp.IPAddress {
			return value{bytes: []byte(v)}, true
		}
		return value{oid: v}, pdu.Type == gosnmp.ObjectIdentifier
	case int:
		return value{number: float64(v)}, true
	case uint:
		return value{number: float64(v)}, true
	case uint32:
		return value{number: float64(v)}, true
	case uint64:
		return value{number: float64(v)}, true
	case float32:
		return value{number: float64(v)}, true
	case float64:
		return value{number: v}, true
	default:
		return value{}, false
	}
}

// isNumber reports whether the value is a number.
func (v value) isNumber() bool { return v.bytes == nil && v.oid == "" }

// float returns the number that the value is, or that its text is.
func (v value) float() (float64, bool) {
	if v.isNumber() {
		return v.number, true
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(v.bytes)), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// maxText bounds what a device says of itself.
const maxText = 200

// text returns what a person can read of the value.
func (v value) text() string {
	switch {
	case v.oid != "":
		return v.oid
	case v.isNumber():
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	}
	text := strings.TrimRight(string(v.bytes), "\x00")
	if !utf8.ValidString(text) {
		return hex.EncodeToString(v.bytes)
	}
	return plugin.Shorten(text, maxText)
}

// mac returns the address that the value is, or "".
func (v value) mac() string {
	const length = 6
	if len(v.bytes) != length {
		return ""
	}
	return net.HardwareAddr(v.bytes).String()
}

// macOf reads an address out of the six numbers of an index.
func macOf(numbers []string) string {
	address := make(net.HardwareAddr, len(numbers))
	for i, text := range numbers {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return ""
		}
		address[i] = byte(n)
	}
	return address.String()
}

// compareIndexes compares indexes by their numbers.
func compareIndexes(a, b string) int {
	for a != "" || b != "" {
		var left, right string
		left, a, _ = strings.Cut(a, ".")
		right, b, _ = strings.Cut(b, ".")
		if order := cmp.Or(cmp.Compare(len(left), len(right)), cmp.Compare(left, right)); order != 0 {
			return order
		}
	}
	return 0
}
