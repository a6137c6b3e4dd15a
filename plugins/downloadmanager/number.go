package downloadmanager

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// number is a number as download managers write one: also as a text, with commas,
// or as something that means that there is none. What is no number is not known.
type number struct {
	value float64
	known bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if bytes.HasPrefix(raw, []byte(`"`)) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	}
	*n = number{}
	if value, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", ""), 64); err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
		*n = number{value, true}
	}
	return nil
}

// ptr returns the number, or nil.
func (n number) ptr() *float64 {
	if !n.known {
		return nil
	}
	return &n.value
}

// notBelow returns the number, or nil where it is below the bound: a sentinel.
func (n number) notBelow(least float64) *float64 {
	if !n.known || n.value < least {
		return nil
	}
	return &n.value
}

// times returns the number in another unit.
func (n number) times(factor float64) number { return number{n.value * factor, n.known} }

// flag is a truth as download managers write one: true, 1, "1", "yes".
type flag struct{ value, known bool }

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(raw []byte) error {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "true", "1", "yes":
		*f = flag{true, true}
	case "false", "0", "no":
		*f = flag{false, true}
	default:
		*f = flag{}
	}
	return nil
}

// ptr returns the truth, or nil.
func (f flag) ptr() *bool {
	if !f.known {
		return nil
	}
	return &f.value
}

// size reads an amount as SABnzbd writes one for people: 12.5 G.
func size(text string) (bytes float64, ok bool) {
	amount, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
	value, err := strconv.ParseFloat(amount, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, false
	}
	exponent := strings.Index(" KMGTP", strings.TrimSuffix(strings.TrimSpace(unit)+" ", "B ")[:1])
	if exponent < 0 {
		return 0, false
	}
	return value * math.Pow(1024, float64(exponent)), true
}

// shorten cuts a text for people.
func shorten(text string) string { return plugin.Shorten(text, 200) }
