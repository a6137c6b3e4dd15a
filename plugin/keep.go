package plugin

import (
	"bytes"
	"encoding/json"

	"github.com/unity-homelab/unity/fault"
)

// Recall returns what is kept under a key of the state, and whether there is
// something. What cannot be read was kept by another version, and is as if it was
// not there.
func Recall[T any](state State, key string) (value T, known bool) {
	raw := state.Get(key)
	if len(raw) == 0 {
		return value, false
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		var none T
		return none, false
	}
	return value, true
}

// Keep keeps a value under a key of the state, for [Recall]. What is kept there
// already is not stored again.
func Keep(state State, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fault.As(fault.Internal, err, "keeping %q", key)
	}
	if bytes.Equal(raw, state.Get(key)) {
		return nil
	}
	return fault.Wrap(state.Set(key, raw), "keeping %q", key)
}
