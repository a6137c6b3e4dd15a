// Package peers_test asks Unity and the Prometheus of Debian's packages the same
// questions about the same data, through the same API, and prints how long each
// takes to answer: rows of the Markdown table of docs/benchmarks.md.
//
//	go test -run '^$' -bench . -benchtime 1x -timeout 1h ./test/peers
package peers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/tsdb"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/program"
)

const (
	interval = time.Minute
	perDay   = int(24 * time.Hour / interval)
	// blockDays is how much one block of Prometheus holds.
	blockDays = 2
	// rounds is how often each question is asked; the median counts.
	rounds = 50
	// panels are asked for at once.
	panels = 20
)

// question is one request, or several at once.
type question struct {
	title string
	// requests are made at the same time; to is the end of the data.
	requests func(to time.Time) []string
}

func questions() []question {
	return []question{
		{"one series, 30 days by the hour", func(to time.Time) []string {
			return []string{ranged(`avg_over_time(bench_temperature_celsius{device="device7"}[1h])`, to, 30*24*time.Hour, time.Hour)}
		}},
		{"one series, the last hour", func(to time.Time) []string {
			return []string{ranged(`bench_temperature_celsius{device="device7"}`, to, time.Hour, time.Minute)}
		}},
		{"the rate of 100 series together, a day by 5 minutes", func(to time.Time) []string {
			return []string{ranged(`sum by (host) (rate(bench_received_bytes_total{source=~"bench-[012]"}[5m]))`, to, 24*time.Hour, 5*time.Minute)}
		}},
		{"the largest 5 of 1,000 series", func(to time.Time) []string {
			return []string{"query?" + url.Values{"query": {`topk(5, {host="bench"})`}, "time": {seconds(to)}}.Encode()}
		}},
		{"20 panels at once, 6 hours by the minute", func(to time.Time) []string {
			var all []string
			for i := range panels {
				all = append(all, ranged(fmt.Sprintf(`bench_temperature_celsius{device="device%d"}`, i), to, 6*time.Hour, time.Minute))
			}
			return all
		}},
	}
}

func ranged(query string, to time.Time, length, step time.Duration) string {
	return "query_range?" + url.Values{
		"query": {query}, "start": {seconds(to.Add(-length))}, "end": {seconds(to)}, "step": {strconv.Itoa(int(step.Seconds()))},
	}.Encode()
}

func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// data is a month of a thousand series that ends now.
type data struct {
	days, series int
	end          time.Time // of the last sample
}

func BenchmarkPrometheusAPI(b *testing.B) {
	prometheus, err := exec.LookPath("prometheus")
	if err != nil && os.Getenv("CI") != "" {
		b.Fatal("CI lacks prometheus")
	} else if err != nil {
		b.Skip("needs prometheus (apt-get install prometheus)")
	}
	for b.Loop() {
		d := data{days: number(b, "PEERS_DAYS", 30), series: number(b, "PEERS_SERIES", 1000), end: time.Now().Truncate(time.Hour)}
		folder := b.TempDir()
		ours, theirs := filepath.Join(folder, "unity"), filepath.Join(folder, "prometheus")
		d.store(b, ours)
		d.backfill(b, theirs)
		unity, peer := askUnity(b, ours), askPrometheus(b, prometheus, theirs)
		for _, q := range questions() {
			requests := q.requests(d.end)
			mine, his := unity.time(b, requests), peer.time(b, requests)
			compare(b, q.title, unity.answer(b, requests[0]), peer.answer(b, requests[0]))
			fmt.Printf("\n| %s | %.1f ms | %.1f ms |\n", q.title, mine.Seconds()*1000, his.Seconds()*1000)
		}
	}
}

// each calls fn with every time and its values.
func (d data) each(b *testing.B, fn func(at time.Time, mix *storetest.Mix)) {
	b.Helper()
	mix := storetest.NewMix(1, d.series)
	count := d.days * perDay
	for i := range count {
		fn(d.end.Add(-time.Duration(count-1-i)*interval), mix)
	}
}

// unsealed is how long the newest samples wait in memory and journal: half of
// what they do in life, on average.
const unsealed = 2 * time.Hour

// store keeps the data as Unity does, and leaves what a kill leaves.
func (d data) store(b *testing.B, folder string) {
	b.Helper()
	now, live := d.end, b.TempDir()
	db, err := sqlite.Open(b.Context(), filepath.Join(live, "unity.db"), sqlstore.Options{Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10 { // what the labels say; they do not run
		source := inventory.Source{ID: inventory.SourceID(fmt.Sprint("bench-", i)), Plugin: "system_info", Interval: interval}
		if err := db.CreateSource(b.Context(), source); err != nil {
			b.Fatal(err)
		}
	}
	var ids []series.ID
	d.each(b, func(at time.Time, mix *storetest.Mix) {
		for len(ids) < mix.Len() {
			ids = append(ids, db.ID(mix.Labels(len(ids))))
		}
		now = at
		record := &journal.Record{
			Run:  inventory.Run{Source: "bench", Start: at, Attempts: 1, Outcome: inventory.Success, Samples: len(ids)},
			Time: at.UnixMilli(), Samples: make([]series.Sample, len(ids)),
		}
		for i, id := range ids {
			record.Samples[i] = series.Sample{Series: id, Value: mix.Next(i)}
		}
		if err := db.Commit(b.Context(), record); err != nil {
			b.Fatal(err)
		}
		if !at.Equal(d.end.Add(-unsealed)) {
			return
		}
		for _, step := range []func(context.Context) error{db.Seal, db.Merge, db.Roll} {
			if err := step(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := os.CopyFS(folder, os.DirFS(live)); err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// backfill keeps the data as Prometheus does, in blocks.
func (d data) backfill(b *testing.B, folder string) {
	b.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	length := (blockDays * 24 * time.Hour).Milliseconds()
	var writer *tsdb.BlockWriter
	var block int64
	flush := func() {
		if writer == nil {
			return
		}
		if _, err := writer.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			b.Fatal(err)
		}
	}
	d.each(b, func(at time.Time, mix *storetest.Mix) {
		if now := at.UnixMilli() / length; writer == nil || now != block {
			flush()
			var err error
			if writer, err = tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), folder, length); err != nil {
				b.Fatal(err)
			}
			block = now
		}
		appender := writer.Appender(b.Context())
		for i := range mix.Len() {
			if _, err := appender.Append(0, mix.Labels(i), at.UnixMilli(), mix.Next(i)); err != nil {
				b.Fatal(err)
			}
		}
		if err := appender.Commit(); err != nil {
			b.Fatal(err)
		}
	})
	flush()
}

// peer is one who answers.
type peer struct {
	client *http.Client
	base   string
}

// askUnity starts the program on what was stored.
func askUnity(b *testing.B, folder string) peer {
	b.Helper()
	binary, err := program.Build(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	unity, err := program.Start(b.Context(), program.Options{
		Binary: binary, Data: folder, Environ: []string{"UNITY_SCHEDULE_DETECT=false"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unity.Kill() })
	return peer{base: "http://localhost/prometheus/api/v1/", client: &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: panels,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(folder, "unity.sock"))
		},
	}}}
}

// askPrometheus starts Prometheus on the blocks.
func askPrometheus(b *testing.B, binary, folder string) peer {
	b.Helper()
	config := filepath.Join(b.TempDir(), "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(b.Context(), binary, "--config.file="+config, "--storage.tsdb.path="+folder,
		"--storage.tsdb.retention.time=10y", "--web.listen-address="+address)
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	p := peer{base: "http://" + address + "/api/v1/", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: panels}}}
	for limit := time.Now().Add(time.Minute); ; {
		response, err := p.client.Get("http://" + address + "/-/ready") //nolint:noctx // ends by itself
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return p
			}
		}
		if time.Now().After(limit) {
			b.Fatalf("Prometheus does not answer: %v", err)
		}
		<-time.After(100 * time.Millisecond)
	}
}

// get returns the body of an answer.
func (p peer) get(request string) ([]byte, error) {
	response, err := p.client.Get(p.base + request) //nolint:noctx // the server limits it
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", request, response.Status, body)
	}
	return body, err
}

// time returns the median time until all of some requests are answered.
func (p peer) time(b *testing.B, requests []string) time.Duration {
	b.Helper()
	all := make([]time.Duration, rounds)
	for i := range all {
		began := time.Now()
		var group sync.WaitGroup
		for _, request := range requests {
			group.Go(func() {
				if _, err := p.get(request); err != nil {
					b.Error(err)
				}
			})
		}
		group.Wait()
		if all[i] = time.Since(began); b.Failed() {
			b.FailNow()
		}
	}
	slices.Sort(all)
	return all[rounds/2]
}

type answer struct {
	Data struct {
		Result []struct {
			Metric map[string]string
			Values [][2]any
			Value  [2]any
		}
	}
}

func (p peer) answer(b *testing.B, request string) answer {
	b.Helper()
	body, err := p.get(request)
	if err != nil {
		b.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		b.Fatal(err)
	}
	return a
}

// compare sees to it that both answered the same question.
func compare(b *testing.B, title string, ours, theirs answer) {
	b.Helper()
	a, c := ours.Data.Result, theirs.Data.Result
	if len(a) == 0 || len(a) != len(c) {
		b.Errorf("%s: %d series, and Prometheus has %d", title, len(a), len(c))
		return
	}
	for i := range a {
		if len(a[i].Values) != len(c[i].Values) {
			b.Errorf("%s: %d points, and Prometheus has %d", title, len(a[i].Values), len(c[i].Values))
		}
	}
}

// number reads a variable of the environment.
func number(b *testing.B, name string, otherwise int) int {
	b.Helper()
	if text := os.Getenv(name); text != "" {
		if _, err := fmt.Sscan(text, &otherwise); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
	}
	return otherwise
}
