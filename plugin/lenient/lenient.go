// Package lenient reads JSON of services that write the same thing in several
// forms: numbers as texts, truths as 0 and 1, nothing as "N/A". What makes no
// sense is absent, and never stops what is around it from being read.
package lenient

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Number is a number, a text that holds one, or nothing. The zero value is
// nothing.
type Number struct{ value *float64 }

// UnmarshalJSON implements json.Unmarshaler. Separators of thousands are taken;
// null, "", "N/A", "-" and whatever else is no number are nothing.
func (n *Number) UnmarshalJSON(raw []byte) error {
	n.value = nil
	text := strings.ReplaceAll(plain(raw), ",", "")
	value, err := strconv.ParseFloat(text, 64)
	if err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
		n.value = &value
	}
	return nil
}

// Get returns the number, and whether there is one.
func (n Number) Get() (value float64, known bool) {
	if n.value == nil {
		return 0, false
	}
	return *n.value, true
}

// Pointer returns the number, or nil.
func (n Number) Pointer() *float64 { return n.value }

// Positive returns the number when it is above 0, else nil: for what services
// leave at 0 or -1 when they do not know it.
func (n Number) Positive() *float64 {
	if n.value == nil || *n.value <= 0 {
		return nil
	}
	return n.value
}

// Or returns the number, or another where there is none.
func (n Number) Or(other float64) float64 {
	if n.value == nil {
		return other
	}
	return *n.value
}

// Amount is a Number of something that cannot be below 0: services write -1 where
// they do not know it. What is beyond all counting is nothing as well.
type Amount struct{ Number }

// UnmarshalJSON implements json.Unmarshaler.
func (a *Amount) UnmarshalJSON(raw []byte) error {
	const beyond = 1e18 // and what fits into an integer stays one
	err := a.Number.UnmarshalJSON(raw)
	if value, known := a.Get(); known && (value < 0 || value >= beyond) {
		a.Number = Number{}
	}
	return err
}

// Flag is a truth in any of its forms: true, 1, "1", "yes", "on". Everything else
// is false.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(raw []byte) error {
	switch strings.ToLower(plain(raw)) {
	case "true", "1", "yes", "on":
		*f = true
	default:
		*f = false
	}
	return nil
}

// Text is a text, or a number or truth as it is written. Everything else is empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(raw []byte) error {
	*t = ""
	if text := string(raw); text != "null" && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		*t = Text(plain(raw))
	}
	return nil
}

// plain is a value without its quotation marks.
func plain(raw []byte) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(string(raw))
}

// Part is a part of an answer that is an object at one time and a list, a word or
// false at another, when there is nothing to tell. The zero value is nothing.
type Part[T any] struct{ value *T }

// UnmarshalJSON implements json.Unmarshaler.
func (p *Part[T]) UnmarshalJSON(raw []byte) error {
	p.value = nil
	var value *T
	if json.Unmarshal(raw, &value) == nil {
		p.value = value
	}
	return nil
}

// Pointer returns the part, or nil.
func (p Part[T]) Pointer() *T { return p.value }
