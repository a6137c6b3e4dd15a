package gitserver

import (
	"encoding/json"
	"errors"
	"io"

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
