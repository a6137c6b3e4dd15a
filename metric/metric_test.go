package metric_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/metric"
)

func TestLabelsAreSortedByName(t *testing.T) {
	t.Parallel()
	got := metric.L("mode", "user", "cpu", "0")
	want := metric.Labels{{Name: "cpu", Value: "0"}, {Name: "mode", Value: "user"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if got.Get("mode") != "user" || got.Get("nothing") != "" {
		t.Errorf("values are not found by name in %v", got)
	}
}

func TestSamplesAreWrittenAsPrometheusDoes(t *testing.T) {
	t.Parallel()
	for want, sample := range map[string]metric.Sample{
		`up 1`: {Name: "up", Value: 1},
		`disk_size_bytes{device="a\"b\n"} 1500000000000`: {Name: "disk_size_bytes", Labels: metric.L("device", "a\"b\n"), Value: 1.5e12},
	} {
		if got := sample.String(); got != want {
			t.Errorf("sample %s, want %s", got, want)
		}
	}
}

func TestAnOddNumberOfStringsPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a label without a value was taken")
		}
	}()
	metric.L(strings.Fields("device")...)
}
