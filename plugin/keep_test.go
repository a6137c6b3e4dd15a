package plugin_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// shelf is a state that counts how often something is put on it.
type shelf struct {
	values map[string]json.RawMessage
	sets   int
	full   error
}

func (s *shelf) Get(key string) json.RawMessage { return s.values[key] }

func (s *shelf) Set(key string, value json.RawMessage) error {
	if s.full != nil {
		return s.full
	}
	s.sets++
	s.values[key] = value
	return nil
}

type count struct {
	Lines int64 `json:"lines"`
}

func TestWhatIsKeptIsRecalled(t *testing.T) {
	t.Parallel()
	state := &shelf{values: make(map[string]json.RawMessage)}
	if value, known := plugin.Recall[count](state, "count"); known || value.Lines != 0 {
		t.Errorf("before anything was kept: %v, %v", value, known)
	}
	for range 2 {
		if err := plugin.Keep(state, "count", count{Lines: 7}); err != nil {
			t.Fatal(err)
		}
	}
	if value, known := plugin.Recall[count](state, "count"); !known || value.Lines != 7 {
		t.Errorf("got %v, %v, want 7 lines", value, known)
	}
	if state.sets != 1 {
		t.Errorf("stored %d times, want once", state.sets)
	}
}

func TestWhatAnotherVersionKeptIsBegunAnew(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`{"lines": 3, "lines": "many"}`, `[1]`, `{`} {
		state := &shelf{values: map[string]json.RawMessage{"count": json.RawMessage(raw)}}
		if value, known := plugin.Recall[count](state, "count"); known || value.Lines != 0 {
			t.Errorf("%s: got %v, %v", raw, value, known)
		}
	}
}

func TestWhatCannotBeKeptIsSaid(t *testing.T) {
	t.Parallel()
	state := &shelf{values: make(map[string]json.RawMessage)}
	if err := plugin.Keep(state, "load", math.NaN()); fault.Of(err) != fault.Internal {
		t.Errorf("no number: got %v", err)
	}
	state.full = errors.New("more than 64 KiB")
	if err := plugin.Keep(state, "load", 1); !errors.Is(err, state.full) {
		t.Errorf("no room: got %v", err)
	}
}
