package chart_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/chart"
)

func at(second int64) time.Time { return time.Unix(second, 0) }

func points(step int64, values ...float64) []chart.Point {
	all := make([]chart.Point, len(values))
	for i, value := range values {
		all[i] = chart.Point{Time: int64(i) * step * 1000, Value: value}
	}
	return all
}

func draw(t *testing.T, style chart.Style, to int64, lines ...chart.Line) string {
	t.Helper()
	style.Zone = time.UTC
	var b strings.Builder
	if err := chart.Draw(&b, lines, at(0), at(to), 10*time.Second, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestALineIsDrawnWithItsAxes(t *testing.T) {
	t.Parallel()
	got := draw(t, chart.Style{Width: 21, Height: 5, Plain: true}, 40, chart.Line{Points: points(10, 0, 1500, 3000, 1500, 0)})
	lines := strings.Split(got, "\n")
	for i, prefix := range []string{"  3k |", "     |", "1.5k |", "     |", "   0 |", "     +---------------------", "      00:00:00     00:00:40"} {
		if !strings.HasPrefix(lines[i], prefix) {
			t.Errorf("line %d is %q, want it to begin with %q\n%s", i, lines[i], prefix, got)
		}
	}
	if peak := strings.IndexByte(lines[0], '*') - len("  3k |"); peak < 8 || peak > 11 {
		t.Errorf("the peak is at %d, want it in the middle\n%s", peak, got)
	}
}

func TestALineEndsAtAGap(t *testing.T) {
	t.Parallel()
	line := chart.Line{Points: append(points(10, 5, 5), chart.Point{Time: 80_000, Value: 5}, chart.Point{Time: 90_000, Value: math.NaN()})}
	got := draw(t, chart.Style{Width: 10, Height: 1, Plain: true}, 90, line)
	if first, _, _ := strings.Cut(got, "\n"); !strings.HasSuffix(first, "|**      *") {
		t.Errorf("a line with a gap is drawn as\n%s", got)
	}
}

func TestBrailleHasEightDotsACharacter(t *testing.T) {
	t.Parallel()
	got := draw(t, chart.Style{Width: 2, Height: 1}, 30, chart.Line{Points: points(10, 0, 1, 2, 3)})
	want := "  3 ┤\x1b[36m⡠⠊\x1b[0m"
	if first, _, _ := strings.Cut(got, "\n"); first != want {
		t.Errorf("got %q, want %q", first, want)
	}
}

func TestWhatCannotBeDrawnIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]float64{
		"nothing":  nil,
		"no value": {math.NaN(), math.Inf(1), math.Inf(-1)},
		"huge":     {-math.MaxFloat64, math.MaxFloat64},
		"one":      {42},
		"flat":     {7, 7, 7},
	} {
		if got := draw(t, chart.Style{Width: 10, Height: 4, Plain: true}, 30, chart.Line{Points: points(10, values...)}); strings.Count(got, "\n") != 6 {
			t.Errorf("%s is drawn as\n%s", name, got)
		}
	}
}

func TestValuesAreWrittenShort(t *testing.T) {
	t.Parallel()
	got := make(map[float64]string)
	want := map[float64]string{
		0: "0", 1: "1", 0.25: "0.25", 12.345: "12.3", -3.5: "-3.5", 999: "999", 1000: "1k", 1234: "1.23k", 1.5e6: "1.5M",
		2.5e12: "2.5T", 999_999: "1M", 1e21: "1e+21", 0.00001: "1e-05", 0.125: "0.125",
	}
	for value := range want {
		got[value] = chart.Short(value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
}
