// Package plugintest is the suite that every plugin runs:
//
//	func TestPlugin(t *testing.T) {
//		t.Parallel()
//		plugintest.Run(t, pihole.Plugin())
//	}
//
// It checks the manifest, the config and the README, and runs the cases in
// testdata/*.txtar. A case is a text file that is complete in itself: what the
// watched machine or service answered, and what the plugin makes of it.
//
//	A Pi-hole with some traffic.
//	-- config.json --
//	{"url": "{{url}}"}
//	-- GET /api/stats/summary --
//	{"queries": {"total": 7497, "blocked": 3465}}
//	-- want --
//	pihole_queries_total 7497
//
// # What the world answers
//
//	config.json            the config; {{url}} is the served address, {{host}} its
//	                       host:port, {{name}} and {{port}} the two alone,
//	                       {{socket}} a Unix socket that serves the same
//	GET /path              an answer over HTTP, whatever the method. After the path
//	                       may follow a status (401), +headers (header lines and an
//	                       empty line come before the body), hang (no answer), close
//	                       (the connection ends in the middle). A path without query
//	                       answers for every query that has no section of its own.
//	                       The same section again is the answer to the next request.
//	answer QUESTION        an answer over the plugin's own [Protocol]; after the
//	                       question may follow hang or close
//	listen HOST:PORT       that address serves the same
//	socket /run/x.sock     that socket exists and serves the same
//	file /proc/loadavg     a file; link (its text is the target) and dir likewise;
//	                       {{nul}} is the byte 0, which ends arguments in /proc
//	denied /proc/1/io      may not be read
//	gone /proc/42/stat     is removed, for a later collection
//	statfs /mnt            a plugin.Usage as JSON, or "hang", or "error: EACCES"
//	exec NAME ARGS         what the program writes; after the arguments may follow
//	                       stderr (it is written there), exit=3, hang
//	now                    the time of the first collection (RFC 3339)
//	after                  the time between two collections; 10s without it
//
// A section whose name begins with a number ("2 file /proc/stat") is for that
// collection and those after it.
//
// # What is wanted
//
//	want                   the samples, one a line, sorted; * is any value
//	want problems          one line each: kind: part of the text
//	want snapshot          JSON that the snapshot must contain; "*" is anything
//	want events            one line each: kind severity title
//	want error             kind: part of the text
//	want requests          method and path of every request, in order
//	want detect            one finding a line, as JSON
//
// They speak of the last collection; "1 want error" of the first. UPDATE=1
// rewrites them; look at the difference as carefully as at code.
package plugintest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/unity-homelab/unity/plugin"
)

// NotInCases names metrics ("disk_size_bytes") and tables ("table Top
// processes") that no case shows, with the reason. Everything else has to
// appear in one.
type NotInCases map[string]string

func (n NotInCases) apply(s *suite) { s.notInCases = n }

// Findings says that being unreachable is something the plugin reports in its
// samples and not the failure of a run: it is the plugin's job to check.
type Findings struct{}

func (Findings) apply(s *suite) { s.findings = true }

// Option changes what the suite expects.
type Option interface{ apply(*suite) }

// suite runs the checks of one plugin.
type suite struct {
	plugin     plugin.Plugin
	manifest   plugin.Manifest
	folder     string
	update     bool
	findings   bool
	notInCases NotInCases
	protocol   Protocol
	// socketProtocol is spoken by Unix sockets, where addresses answer over HTTP.
	socketProtocol Protocol
	// datagrams are spoken by what is dialled over UDP, if there is such a protocol.
	datagrams Protocol

	bent      map[*section]bool // sections that are garbled
	mu        sync.Mutex
	metrics   map[string]bool  // seen in some case
	snapshots []map[string]any // of all cases
}

// Run runs the suite for the plugin in whose folder the test runs.
func Run(t *testing.T, p plugin.Plugin, options ...Option) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	runIn(t, folder, p, options...)
}

func runIn(t *testing.T, folder string, p plugin.Plugin, options ...Option) {
	t.Helper()
	s := &suite{
		plugin: p, manifest: p.Manifest(), folder: folder, update: os.Getenv("UPDATE") == "1",
		metrics: make(map[string]bool),
	}
	for _, option := range options {
		option.apply(s)
	}
	t.Run("the manifest is well formed", func(t *testing.T) { t.Parallel(); s.checkManifest(t) })
	t.Run("the rules ask for what there is", func(t *testing.T) { t.Parallel(); s.checkRules(t) })
	t.Run("the config is well formed", func(t *testing.T) { t.Parallel(); s.checkConfig(t) })
	t.Run("the README is fresh", func(t *testing.T) { t.Parallel(); s.checkReadme(t) })

	cases := s.load(t)
	s.bent = bendable(cases)
	t.Run("cases", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s.runCase(t, c)
			})
		}
	})
	t.Run("the cases show everything", s.checkCoverage)
	t.Run("robust", func(t *testing.T) {
		t.Parallel()
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s.checkRobust(t, c)
			})
		}
	})
	talks := s.manifest.Rights.Network || len(s.manifest.Rights.Sockets) > 0
	if talks && !s.findings {
		t.Run("what answers not is told apart", func(t *testing.T) { t.Parallel(); s.checkAway(t, cases) })
	}
}

func (s *suite) load(t testing.TB) []*testCase {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.folder, "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatalf("no case in %s", filepath.Join(s.folder, "testdata"))
	}
	cases := make([]*testCase, 0, len(names))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseCase(name, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.TrimSpace(c.comment) == "" {
			t.Errorf("%s: no comment says what the case is", name)
		}
		cases = append(cases, c)
	}
	return cases
}

// checkCoverage finds what is declared and never shown.
func (s *suite) checkCoverage(t *testing.T) {
	used := make(map[string]bool)
	missing := func(name string) bool {
		_, excused := s.notInCases[name]
		used[name] = used[name] || excused
		return !excused
	}
	for _, definition := range s.manifest.Metrics {
		if !s.metrics[definition.Name] && missing(definition.Name) {
			t.Errorf("no case has a sample of %s", definition.Name)
		}
	}
	for _, table := range s.manifest.Tables {
		if missing := s.tableGap(table); missing != "" {
			if _, excused := s.notInCases["table "+table.Title]; !excused {
				t.Errorf("table %q: %s", table.Title, missing)
			}
			used["table "+table.Title] = true
		}
	}
	for name, reason := range s.notInCases {
		if reason == "" {
			t.Errorf("NotInCases: no reason for %s", name)
		}
		if !used[name] {
			t.Errorf("NotInCases: %s is declared nowhere, or is in a case by now", name)
		}
	}
}

// tableGap says what of a table no snapshot of the cases fills, or "".
func (s *suite) tableGap(table plugin.Table) string {
	columns := make(map[string]bool)
	found := false
	for _, snapshot := range s.snapshots {
		var at any = snapshot
		for step := range strings.SplitSeq(table.Path, ".") {
			object, _ := at.(map[string]any)
			at = object[step]
		}
		switch at := at.(type) {
		case []any:
			found = found || len(at) > 0
			for _, row := range at {
				object, _ := row.(map[string]any)
				for key := range object {
					columns[key] = true
				}
			}
		case map[string]any:
			// An object is shown as rows of key and value.
			return ""
		}
	}
	if !found {
		return "no case's snapshot has rows at " + table.Path
	}
	for _, column := range table.Columns {
		if first, _, _ := strings.Cut(column.Key, "."); !columns[first] {
			return "no row has the column " + column.Key
		}
	}
	return ""
}
