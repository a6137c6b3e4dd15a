package promql_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	prometheus "github.com/prometheus/prometheus/promql"

	"github.com/unity-homelab/unity/internal/promql"
)

// TestTheExamplesOfTheDocumentGiveAnswers asks them on a store with the metrics
// that they speak of.
func TestTheExamplesOfTheDocumentGiveAnswers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	for i := range 240 {
		at, more := i*60, float64(i)
		store.add(of("up", "nas"), p(at, 0))
		store.add(of("received_bytes_total", "nas", "host", "vm"), p(at, 1000*more))
		store.add(of("temperature_celsius", "nas"), p(at, 20+more/10))
		store.add(of("free_bytes", "nas"), p(at, 400-more))
		store.add(of("size_bytes", "nas"), p(at, 1000))
	}
	engine := promql.New(promql.Options{Reader: store, Intervals: intervals{"nas": time.Minute}})
	examples := regexp.MustCompile("(?s)```promql\n(.*?)\n```").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 5 {
		t.Errorf("%d examples are found", len(examples))
	}
	for _, example := range examples {
		answer, err := engine.Query(t.Context(), promql.Query{Text: example[1], Start: within(t, 239*60)})
		if err != nil {
			t.Errorf("%s: %v", example[1], err)
			continue
		}
		if vector, ok := answer.Value.(prometheus.Vector); !ok || len(vector) == 0 {
			t.Errorf("%s gives nothing", example[1])
		}
		answer.Close()
	}
}
