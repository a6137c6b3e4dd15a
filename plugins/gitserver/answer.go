package gitserver

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// decode reads one JSON document; a nil value only wants it to be one.
func decode(from io.Reader, into any, url string) error {
	var ignored json.RawMessage
	if into == nil {
		into = &ignored
	}
	err := json.NewDecoder(from).Decode(into)
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(from, 64<<10)) // so that the connection can be used again
	}
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	default:
		return fault.New(fault.BadAnswer, "GET %s: the answer is not what was expected: %v", url, err)
	}
}

// number is a count that servers write as a number or as text, with separators
// or without; what is none is absent.
type number struct{ value *float64 }

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(raw []byte) error {
	text := strings.ReplaceAll(strings.Trim(string(raw), `"`), ",", "")
	if value, err := strconv.ParseFloat(text, 64); err == nil && value >= 0 && value < 1e18 {
		n.value = &value
	}
	return nil
}

// counted is the number, or 0 in a sum.
func (n number) counted() float64 {
	if n.value == nil {
		return 0
	}
	return *n.value
}
