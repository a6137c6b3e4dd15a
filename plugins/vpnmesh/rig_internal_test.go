package vpnmesh

import (
	"encoding/json"
	"net/http"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// memory is state that lasts as long as a test.
type memory map[string]json.RawMessage

// Get implements plugin.State.
func (m *memory) Get(key string) json.RawMessage { return (*m)[key] }

// Set implements plugin.State.
func (m *memory) Set(key string, value json.RawMessage) error {
	if len(value) > 64<<10 {
		return fault.New(fault.Internal, "keeping %s: larger than 64 KiB", key)
	}
	if *m == nil {
		*m = make(memory)
	}
	(*m)[key] = value
	return nil
}

// limited is the fault of a service that is asked too often.
func limited(after string) error {
	status := &fetch.StatusError{Status: http.StatusTooManyRequests, Header: http.Header{}}
	if after != "" {
		status.Header.Set("Retry-After", after)
	}
	return &fault.Error{Kind: fault.RateLimited, Message: "asking", Err: status}
}
