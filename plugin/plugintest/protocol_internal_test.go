package plugintest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/record"
)

// lines is a collector of a protocol in which a line asks and a line answers.
type lines struct {
	address string
	host    plugin.Host
}

type linesConfig struct {
	Name string `json:"name" title:"Name" help:"Where it answers."`
	Port int    `json:"port" title:"Port" help:"The port there."`
}

// Collect implements plugin.Collector.
func (l lines) Collect(ctx context.Context, out *plugin.Batch) error {
	conn, err := l.host.Dial(ctx, "tcp", l.address)
	if err != nil {
		kind, words, _ := fetch.Explain(err)
		return fault.New(kind, "asking %s: %s", l.address, words)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	fmt.Fprintln(conn, "visitors today")
	line, err := bufio.NewReader(conn).ReadString('\n')
	switch {
	case ctx.Err() != nil:
		kind, words, _ := fetch.Explain(ctx.Err())
		return fault.New(kind, "asking %s: %s", l.address, words)
	case err != nil:
		return fault.New(fault.BadAnswer, "asking %s: %v", l.address, err)
	}
	plugin.Observed(ctx, "visitors today", func() []byte { return []byte(line) })
	visitors, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	if err != nil || visitors > 1e9 {
		return fault.New(fault.BadAnswer, "asking %s: %q visitors", l.address, line)
	}
	out.Add("lines_visitors", visitors)
	return nil
}

func linesPlugin() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "lines_monitor", Name: "Lines", Category: plugin.Application, Icon: "box",
		Summary: "An example.", Description: "An example that speaks lines.", Rights: plugin.Rights{Network: true},
		Metrics: []metric.Definition{{Name: "lines_visitors", Kind: metric.Gauge, Help: "Visitors."}},
		Panels:  []plugin.Panel{{Title: "Visitors", Kind: plugin.Line, Queries: []plugin.Query{{Metric: "lines_visitors"}}}},
	}, linesConfig{Name: "localhost"}, func(_ context.Context, c linesConfig, host plugin.Host) (plugin.Collector, error) {
		return lines{net.JoinHostPort(c.Name, strconv.Itoa(c.Port)), host}, nil
	})
}

// serveLines answers lines as a case says, and hangs up after half a line.
func serveLines(conn net.Conn, ask func(string) ([]byte, error)) {
	for scanner := bufio.NewScanner(conn); scanner.Scan(); {
		answer, err := ask(scanner.Text())
		if err != nil {
			return
		}
		if _, err = conn.Write(answer); err != nil || !bytes.HasSuffix(answer, []byte("\n")) {
			return
		}
	}
}

// What a plugin observes of a protocol of its own is recorded, and a case answers
// it over that protocol.
func TestAnotherProtocolIsRecordedAndAnswered(t *testing.T) {
	t.Parallel()
	address := Listen(t, func(conn net.Conn) {
		serveLines(conn, func(string) ([]byte, error) { return []byte("12\n"), nil })
	})
	p := linesPlugin()
	recorder := record.New(LiveHost(t, p))
	_, port, _ := net.SplitHostPort(address)
	raw := json.RawMessage(`{"name": "localhost", "port": ` + port + `}`)
	collector, err := p.Open(t.Context(), raw, recorder.Host())
	if err != nil {
		t.Fatal(err)
	}
	batch := plugin.NewBatch(p)
	ctx, cancel := context.WithTimeout(recorder.Context(t.Context()), 10*time.Second)
	defer cancel()
	if err := collector.Collect(ctx, batch); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "lines")
	if err := os.MkdirAll(filepath.Join(folder, "testdata"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"README.md":               generatedBegin + "\n\n" + Reference(p) + "\n" + generatedEnd + "\n",
		"testdata/recorded.txtar": string(recorder.Case(p, raw, batch, nil)),
		"testdata/closed.txtar": "It hangs up.\n-- config.json --\n{\"name\": \"{{name}}\", \"port\": {{port}}}\n" +
			"-- answer visitors today close --\n-- want error --\nbad_answer: EOF\n",
		"testdata/served.txtar": "It answers.\n-- config.json --\n{\"name\": \"{{name}}\", \"port\": {{port}}}\n" +
			"-- answer visitors today --\n30\n-- 2 answer visitors today --\n31\n-- 1 want --\nlines_visitors 30\n" +
			"-- want --\nlines_visitors 31\n-- want requests --\nanswer visitors today\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runIn(t, folder, p, Protocol(serveLines))
}
