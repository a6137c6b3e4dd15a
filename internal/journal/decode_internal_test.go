package journal

import (
	"encoding/json"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
)

// FuzzDecodeEntry decodes any bytes, which a checksum keeps from a fuzz target
// outside of the package.
func FuzzDecodeEntry(f *testing.F) {
	same := func(dst, src []byte) []byte { return append(dst, src...) }
	problem := &inventory.Problem{Kind: fault.DNS, Message: "m"}
	f.Add(appendEntry(nil, []Definition{{ID: 3, Labels: labels.FromStrings("a", "b")}}, nil, same))
	f.Add(appendEntry(nil, nil, &Record{
		Run: inventory.Run{Source: "s", Problem: problem}, State: inventory.State{Source: "s", Problem: problem},
		Samples:  []series.Sample{{Series: 1, Value: 0.1}, {Series: 9, Value: 1.0 / 3}},
		Snapshot: json.RawMessage(`{}`),
		Events:   []inventory.Event{{ID: 1, Detail: map[string]string{"k": "v"}}},
		Values:   map[string]json.RawMessage{"k": json.RawMessage("1")},
	}, same))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, rec, err := decodeEntry(data, func(src []byte) ([]byte, error) { return same(nil, src), nil })
		if err != nil {
			if kind := fault.Of(err); kind != fault.BadAnswer && kind != fault.Unsupported {
				t.Fatalf("got a fault of kind %s: %v", kind, err)
			}
			return
		}
		if rec == nil {
			return
		}
		if _, _, err := decodeEntry(appendEntry(nil, nil, rec, same), func(src []byte) ([]byte, error) {
			return same(nil, src), nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
