package sqlite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/sqlite"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, sqlite.Plugin())
}

func collector(t testing.TB, s plugintest.Settings) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, sqlite.Plugin(), s.JSON(t))
}

// row is a database as the snapshot shows it.
type row struct {
	Name, Path, App, Status, Error, Encoding string
	Mode                                     string `json:"journal_mode"`
	WrittenBy                                string `json:"last_sqlite_version"`
	Behind                                   bool   `json:"header_behind_log"`
	Stale                                    bool
	Checkpoints                              *uint32
}

// seen is what one collection gave.
type seen struct {
	values   map[string]float64
	problems []error
	rows     map[string]row // by path
	findings []string
	leftOut  int
}

func collect(t *testing.T, c plugin.Collector) seen {
	t.Helper()
	batch := plugintest.Collect(t, sqlite.Plugin(), c)
	var doc struct {
		Databases []row
		Findings  []struct{ Text string }
		Summary   struct {
			LeftOut int `json:"left_out"`
		}
	}
	if err := json.Unmarshal(batch.Snapshot(), &doc); err != nil {
		t.Fatal(err)
	}
	s := seen{values: plugintest.Values(batch), problems: batch.Problems(), rows: make(map[string]row), leftOut: doc.Summary.LeftOut}
	for _, r := range doc.Databases {
		s.rows[r.Path] = r
	}
	for _, f := range doc.Findings {
		s.findings = append(s.findings, f.Text)
	}
	return s
}

// of returns a metric of the database at the path.
func (s seen) of(t *testing.T, metric, path string) float64 {
	t.Helper()
	r := s.rows[path]
	labels := `{database="` + r.Name + `"}`
	if r.App != "" {
		labels = `{app="` + r.App + `",database="` + r.Name + `"}`
	}
	value, there := s.values[metric+labels]
	if !there {
		t.Errorf("there is no %s%s", metric, labels)
	}
	return value
}

// sound fails when anything was wrong.
func (s seen) sound(t *testing.T) seen {
	t.Helper()
	for _, problem := range s.problems {
		t.Errorf("problem: %v (%s)", problem, fault.Hint(problem))
	}
	return s
}

// wantProblem wants exactly one problem.
func (s seen) wantProblem(t *testing.T, kind fault.Kind, text string) {
	t.Helper()
	if len(s.problems) != 1 || fault.Of(s.problems[0]) != kind || !strings.Contains(s.problems[0].Error(), text) {
		t.Errorf("problems: %v; want one, %s: %s", s.problems, kind, text)
	}
}

// tool is the vendor's own tool.
func tool(t testing.TB) string {
	t.Helper()
	name, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Helper()
		plugintest.Skip(t, "needs the program sqlite3")
	}
	return name
}

// sqlite3 runs statements on a database and returns what they print.
func sqlite3(t testing.TB, path string, statements ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, tool(t), append([]string{path}, statements...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3 %s: %v\n%s", path, err, out)
	}
	return strings.TrimSpace(string(out))
}

// made makes a database in a folder of its own.
func made(t testing.TB, name string, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	sqlite3(t, path, statements...)
	return path
}

// session is the vendor's tool with a database open.
type session struct {
	t       testing.TB
	command *exec.Cmd
	in      io.WriteCloser
	out     *os.File
}

func begin(t testing.TB, path string) *session {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, command: exec.CommandContext(t.Context(), tool(t), "-batch", path), out: reader}
	s.command.Stdout, s.command.Stderr = writer, writer
	if s.in, err = s.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	t.Cleanup(s.kill)
	return s
}

// say runs statements and returns when they are done.
func (s *session) say(statements string) string {
	s.t.Helper()
	const done = "-- done --"
	if _, err := io.WriteString(s.in, statements+"\n.print "+done+"\n"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.out.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	var said bytes.Buffer
	buffer := make([]byte, 4096)
	for !strings.Contains(said.String(), done) {
		n, err := s.out.Read(buffer)
		said.Write(buffer[:n])
		if err != nil {
			s.t.Fatalf("%s: %v\n%s", statements, err, said.String())
		}
	}
	return strings.TrimSpace(strings.ReplaceAll(said.String(), done, ""))
}

// kill ends the session as a crash would.
func (s *session) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	_ = s.out.Close()
}

// listing is what a folder holds, with sizes and times.
func listing(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	list := make(map[string]string)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list[entry.Name()] = info.ModTime().String() + info.Mode().String() + string(content)
	}
	return list
}
