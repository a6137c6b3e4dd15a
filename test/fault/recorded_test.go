package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/test/program"
)

// moment is a time in milliseconds since 1970 UTC.
type moment = int64

// recorded is what was recorded of one source: by the time of the run, the
// samples by name and labels. A run that delivered none has an empty map.
type recorded map[moment]map[string]float64

// told is what the program told of while it lived, by source. It tells of a run
// only after it has recorded it.
type told map[string]recorded

func (t told) add(source string, at moment, samples []sample) {
	if t[source] == nil {
		t[source] = recorded{}
	}
	if t[source][at] == nil {
		t[source][at] = map[string]float64{}
	}
	for _, s := range samples {
		t[source][at][key(s.Name, s.Labels)] = s.Value
	}
}

type sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
}

func key(name string, labels map[string]string) string {
	var b strings.Builder
	b.WriteString(name)
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		if label != "source" && label != "host" {
			fmt.Fprintf(&b, " %s=%q", label, labels[label])
		}
	}
	return b.String()
}

type run struct {
	Start   time.Time `json:"start"`
	Outcome string    `json:"outcome"`
	Samples int       `json:"samples"`
}

// listen takes down what the program tells of for as long as it may live.
func listen(ctx context.Context, unity *program.Program, lives time.Duration) (told, error) {
	ctx, cancel := context.WithTimeout(ctx, lives)
	defer cancel()
	heard := told{}
	connection, response, err := websocket.Dial(ctx, strings.Replace(unity.URL, "http", "ws", 1)+"/api/v1/live",
		&websocket.DialOptions{HTTPClient: unity.Client()})
	if response != nil && response.Body != nil {
		defer response.Body.Close()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return heard, nil // a short life
	}
	if err != nil {
		return nil, err
	}
	defer connection.CloseNow()
	connection.SetReadLimit(16 << 20)
	subscribe := `{"type":"subscribe","id":"1","sources":["*"],"topics":["metrics","run"]}`
	if err := connection.Write(ctx, websocket.MessageText, []byte(subscribe)); err != nil {
		return heard, orEnd(ctx, err)
	}
	for {
		_, text, err := connection.Read(ctx)
		if err != nil {
			return heard, orEnd(ctx, err)
		}
		var message struct {
			Type    string    `json:"type"`
			Source  string    `json:"source"`
			Time    time.Time `json:"time"`
			Run     run       `json:"run"`
			Samples []sample  `json:"samples"`
			Detail  string    `json:"detail"`
		}
		if err := json.Unmarshal(text, &message); err != nil {
			return nil, fmt.Errorf("the message %s: %w", text, err)
		}
		switch message.Type {
		case "metrics":
			heard.add(message.Source, message.Time.UnixMilli(), message.Samples)
		case "run":
			heard.add(message.Source, message.Run.Start.UnixMilli(), nil)
		case "error":
			return nil, fmt.Errorf("the program refused: %s", message.Detail)
		}
	}
}

// orEnd returns err unless it came because the time was up.
func orEnd(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

type tally struct{ runs, samples int }

func (t *tally) add(other tally) {
	t.runs += other.runs
	t.samples += other.samples
}

// verify starts the program again and compares what it has of the time from
// begin to end with what it told, and its runs with its samples.
func verify(t *testing.T, options program.Options, sources []string, heard told, begin, end time.Time) tally {
	t.Helper()
	unity := start(t, options)
	var total tally
	for _, source := range sources {
		kept := samplesOf(t, unity, source, begin, end)
		runs := runsOf(t, unity, source, begin, end)
		missing := missing(kept, runs, heard[source])
		for _, what := range missing[:min(len(missing), 5)] {
			t.Errorf("%s: %s", source, what)
		}
		if len(missing) > 5 {
			t.Errorf("%s: and %d more", source, len(missing)-5)
		}
		for _, samples := range heard[source] {
			total.samples += len(samples)
		}
		total.runs += len(runs)
	}
	if err := unity.Kill(); err != nil {
		t.Fatal(err)
	}
	return total
}

// missing compares what is kept of a source with its runs, and with what was
// told of it.
func missing(kept recorded, runs []run, heard recorded) (found []string) {
	report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	for _, r := range runs {
		succeeded := r.Outcome == "success" || r.Outcome == "partial"
		if got := len(kept[r.Start.UnixMilli()]); succeeded && got != r.Samples {
			report("the run at %s recorded %d samples, there are %d", r.Start, r.Samples, got)
		}
	}
	for at, samples := range heard {
		if !slices.ContainsFunc(runs, func(r run) bool { return r.Start.UnixMilli() == at }) {
			report("the run at %d was told of and is not there", at)
		}
		for series, want := range samples {
			if got, ok := kept[at][series]; !ok {
				report("%s at %d was told as %v and is not there", series, at, want)
			} else if got != want {
				report("%s at %d was told as %v, and is %v", series, at, want, got)
			}
		}
	}
	return found
}

// runsOf returns the runs of a source that started between two times.
func runsOf(t *testing.T, unity *program.Program, source string, begin, end time.Time) []run {
	t.Helper()
	var page struct {
		Items []run `json:"items"`
	}
	path := fmt.Sprintf("/api/v1/sources/%s/runs?limit=1000&before=%s", source, url.QueryEscape(end.UTC().Format(time.RFC3339Nano)))
	if err := unity.Get(t.Context(), path, &page); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(page.Items, func(r run) bool { return r.Start.Before(begin) })
}

// samplesOf returns the samples of a source between two times, up left out, as
// the history of each of its metrics in steps of a millisecond.
func samplesOf(t *testing.T, unity *program.Program, source string, begin, end time.Time) recorded {
	t.Helper()
	plugin, _, _ := strings.Cut(source, "-")
	var manifest struct {
		Metrics []struct {
			Name string `json:"name"`
		} `json:"metrics"`
	}
	if err := unity.Get(t.Context(), "/api/v1/plugins/"+plugin, &manifest); err != nil {
		t.Fatal(err)
	}
	found := recorded{}
	for _, metric := range manifest.Metrics {
		for from := begin; from.Before(end); from = from.Add(atOnce) {
			found.take(t, unity, source, metric.Name, from, earlier(from.Add(atOnce), end))
		}
	}
	return found
}

// atOnce is how long a history in steps of a millisecond may be.
const atOnce = 10 * time.Second

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// take takes down the samples of a metric between two times.
func (r recorded) take(t *testing.T, unity *program.Program, source, metric string, from, to time.Time) {
	t.Helper()
	var history struct {
		Series []struct {
			Labels map[string]string `json:"labels"`
			Points [][2]*float64     `json:"points"`
		} `json:"series"`
	}
	query := url.Values{
		"metric": {metric}, "step": {"0.001"}, "func": {"last"},
		"from": {from.UTC().Format(time.RFC3339Nano)}, "to": {to.UTC().Format(time.RFC3339Nano)},
	}
	if err := unity.Get(t.Context(), "/api/v1/sources/"+source+"/history?"+query.Encode(), &history); err != nil {
		t.Fatal(err)
	}
	for _, series := range history.Series {
		for _, point := range series.Points {
			if point[0] == nil || point[1] == nil {
				continue // a gap
			}
			at := moment(*point[0])
			if r[at] == nil {
				r[at] = map[string]float64{}
			}
			r[at][key(metric, series.Labels)] = *point[1]
		}
	}
}
