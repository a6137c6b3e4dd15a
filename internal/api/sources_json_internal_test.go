package api

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/inventory"
)

// filled returns a source of which every field, also of those within, has a value.
func filled(t testing.TB) Source {
	t.Helper()
	var source Source
	fill(t, reflect.ValueOf(&source).Elem())
	return source
}

func fill(t testing.TB, v reflect.Value) {
	t.Helper()
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Date(2026, 11, 22, 13, 45, 1, 234567000, time.FixedZone("", 3600))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for field, inner := range v.Fields() {
			if !field.IsExported() {
				t.Fatalf("%s is not seen in an answer", field.Name)
			}
			fill(t, inner)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(42)
	case reflect.Float64:
		v.SetFloat(1.5)
	default:
		t.Fatalf("a %v is new in a source", v.Type())
	}
}

func TestAListOfSourcesIsWrittenAsItsTagsSay(t *testing.T) {
	t.Parallel()
	odd := filled(t)
	odd.Name, odd.Tags = "<b>\"É\\\n\u2028\x00\xff'; DROP", []string{"\u202e", "", "a&b"}
	odd.IntervalSeconds, odd.TimeoutSeconds = 1e-7, 1e21
	odd.Spark = []Point{{Time: -1}, {Time: 1, Value: new(math.Copysign(0, -1))}, {Time: 2, Value: new(math.MaxFloat64)}, {Time: 3, Value: new(1.0 / 3)}}
	empty := Source{Tags: []string{}, Status: Status{Status: inventory.Unknown}}
	noHint := filled(t)
	noHint.Status.Problem.Hint = ""
	for _, sources := range []list[Source]{
		{Items: []Source{}},
		{Items: []Source{filled(t)}},
		{Items: []Source{odd, empty, noHint}, NextCursor: "bmV4dA"},
	} {
		var want, got bytes.Buffer
		if err := huma.DefaultJSONFormat.Marshal(&want, sources); err != nil {
			t.Fatal(err)
		}
		if err := formats()["application/json"].Marshal(&got, sources); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("written in another way than encoding/json does (-want +got):\n%s", diff)
		}
	}
}

func TestAListOfSourcesThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Source){
		"an interval that is no number": func(s *Source) { s.IntervalSeconds = math.NaN() },
		"a value that is no number":     func(s *Source) { s.Spark[0].Value = new(math.Inf(1)) },
		"a year with five digits":       func(s *Source) { s.Created = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := filled(t)
			spoil(&source)
			if err := writeSources(io.Discard, list[Source]{Items: []Source{source}}); err == nil {
				t.Error("it was written")
			}
		})
	}
}

func BenchmarkListOfSources(b *testing.B) {
	sources := list[Source]{Items: make([]Source, 500)}
	for i := range sources.Items {
		sources.Items[i] = filled(b)
		sources.Items[i].ID = fmt.Sprintf("source-%03d", i)
		sources.Items[i].Spark, sources.Items[i].Status.Problem = nil, nil
	}
	for name, format := range map[string]huma.Format{"by hand": formats()["application/json"], "by reflection": huma.DefaultJSONFormat} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := format.Marshal(io.Discard, sources); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
