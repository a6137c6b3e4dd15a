package arch_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// layer says what a package is, and what it may import from this module. A
// folder ending in /* stands for every folder directly below.
type layer struct {
	folder string
	is     string
	may    string // folders, separated by spaces
}

// layers is the table of who may import whom, from the bottom up. The first row
// that fits a package holds for it.
func layers() []layer {
	return []layer{
		{"metric", "words for measured data", ""},
		{"fault", "words for what goes wrong", ""},
		{"web", "the interface in the browser, built and embedded", ""},

		{"plugin", "the contract between Unity and a collector", "metric fault"},
		{"plugin/plugintest", "the suite that every plugin runs", "plugin plugin/* metric fault"},
		{"plugin/record", "writes what a collection met down as a test case", "plugin plugin/* metric fault"},
		{"plugin/peer", "one connection to a server that is kept, for protocols of their own", "plugin/fetch fault"},
		{"plugin/follow", "logs, read since a place that is remembered", "plugin plugin/command plugin/hostfs metric fault"},
		{"plugin/*", "what plugins are made with", "plugin metric fault"},
		{"plugins/*", "one plugin", "plugin plugin/* metric fault"},
		{"plugins", "the list of built-in plugins", "plugin plugins/*"},

		{"internal/config", "the configuration file and environment", "fault"},
		{"internal/inventory", "hosts, sources, runs, status, snapshots, events", "metric fault"},
		{"internal/series", "stored measurements", "metric fault internal/series/*"},
		{"internal/series/chunk", "the codec of stored samples", "fault"},
		{"internal/series/*", "parts of the time series", "metric fault internal/series internal/series/chunk"},

		{"internal/promql", "the Prometheus query engine over series", "metric fault internal/series internal/series/*"},
		{
			"internal/promql/querytest", "Prometheus' own query tests, for every database",
			"internal/promql internal/inventory internal/series internal/journal",
		},

		{"internal/auth", "who may use Unity: users, sessions, tokens, roles, audit", "fault"},
		{"internal/sourcefile", "what unity.yaml says of sources, kept together with what is stored", "plugin fault internal/inventory internal/sources internal/schedule"},
		{"internal/dashboard", "saved views, and those made from what is watched", "plugin metric fault internal/inventory"},
		{"internal/oidc", "signing in with a provider of OpenID Connect", "fault internal/auth"},
		{"internal/vault", "seals secrets where they are stored", "fault"},

		{"internal/schedule", "when each source is collected, and what a failure changes", "plugin metric fault internal/inventory"},
		{
			"internal/pipeline", "from collectors to sinks",
			"plugin metric fault internal/inventory internal/series internal/journal",
		},
		{"internal/journal", "the durable log in front of a database", "fault internal/inventory internal/series"},
		{"internal/transfer", "everything a database holds as a stream, and as an archive", "fault internal/series/*"},
		{"internal/live", "to whoever is watching now", "metric fault internal/inventory"},

		{"internal/cache", "the latest values, in memory", "metric fault internal/inventory internal/series"},
		{"internal/cache/redis", "the latest values in Redis or Valkey, for others", "metric fault internal/inventory"},
		{
			"internal/sqlstore", "SQL that the databases share",
			"fault internal/auth internal/dashboard internal/inventory internal/series internal/series/* internal/journal internal/transfer",
		},
		{
			"internal/sqlstore/*", "one database, and the suite that each runs",
			"fault internal/auth internal/dashboard internal/inventory internal/series internal/series/* internal/journal internal/transfer internal/sqlstore",
		},
		{"internal/sources", "making, changing, testing and detecting sources", "plugin metric fault internal/inventory internal/schedule"},
		{
			"internal/demo", "a made-up homelab, to look at Unity without one",
			"plugin metric fault internal/inventory internal/series internal/series/* internal/transfer internal/dashboard",
		},
		{
			"internal/api", "REST and WebSocket",
			"plugin metric fault internal/auth internal/dashboard internal/inventory internal/series internal/promql internal/live internal/sources internal/sourcefile internal/transfer",
		},

		{
			"internal/app", "builds every part and runs it; the only place that knows all",
			"plugin plugin/* metric fault web internal/* internal/cache/* internal/series/* internal/sqlstore/* !internal/cli",
		},
		{"internal/chart", "lines drawn in a terminal", ""},
		{
			"internal/cli", "the command line, one file per command",
			"plugin metric fault internal/app internal/api internal/chart internal/config internal/demo internal/inventory internal/transfer",
		},
		{"internal/arch", "only tests: the rules of this tree", ""},
		{".", "Main, and the map of the tree", "plugin internal/cli"},
		{"cmd/unity", "the program", ". plugins"},

		{"test/*", "the whole program from outside, and its measurements", "test/program test/graph test/homelab metric fault plugin plugin/* internal/* internal/series/* internal/sqlstore/*"},
		{"test/servers/*", "a server for tests, in a module of its own", ""},
		{"tools/*", "generators and checks, in a module of their own", ""},
	}
}

// suites are for tests and measurements only.
func suites() []string {
	return []string{"plugin/plugintest", "internal/sqlstore/storetest", "internal/promql/querytest", "test/servers", "test/leaks"}
}

func layerOf(folder string) (layer, bool) {
	for _, l := range layers() {
		if fits(l.folder, folder) {
			return l, true
		}
	}
	return layer{}, false
}

// fits reports whether a pattern of the table stands for a folder.
func fits(pattern, folder string) bool {
	if parent, ok := strings.CutSuffix(pattern, "/*"); ok {
		return path.Dir(folder) == parent
	}
	return pattern == folder
}

func (l layer) allows(folder string) bool {
	allowed := false
	for pattern := range strings.FieldsSeq(l.may) {
		if refused, ok := strings.CutPrefix(pattern, "!"); ok && fits(refused, folder) {
			return false
		}
		allowed = allowed || fits(pattern, folder)
	}
	return allowed
}

// imports finds imports that the table does not allow. Tests may also import
// the suites, the SQLite store as the one real store, and the built-in plugins.
func imports(t tree) []string {
	var findings []string
	for _, s := range t.sources {
		row, known := layerOf(s.folder)
		if !known {
			findings = append(findings, fmt.Sprintf("%s: package %s has no row in the table of layers_test.go", s.name, s.folder))
			continue
		}
		for _, imported := range s.imports() {
			switch {
			case imported == s.folder && s.test:
			case slices.Contains(suites(), imported) && (s.test || strings.HasPrefix(s.folder, "test/")):
			case row.allows(imported) && !slices.Contains(suites(), imported):
			case s.test && slices.Contains([]string{"internal/sqlstore/sqlite", "internal/sqlstore", "plugins"}, imported): // its options
			default:
				findings = append(findings, fmt.Sprintf("%s: %s may not import %s", s.name, s.folder, imported))
			}
		}
	}
	return findings
}

// importRows finds rows of the table that stand for nothing.
func importRows(t tree) []string {
	var findings []string
	for _, l := range layers() {
		if !slices.ContainsFunc(t.packages(), func(folder string) bool { return fits(l.folder, folder) }) {
			findings = append(findings, fmt.Sprintf("layers_test.go: there is no package %s", l.folder))
		}
	}
	return findings
}

// blankImports finds packages imported for what they do at import.
func blankImports(t tree) []string {
	may := []string{
		"embed",              // needed by //go:embed
		"modernc.org/sqlite", // a database driver
	}
	var findings []string
	for _, s := range t.sources {
		for _, spec := range s.file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			if spec.Name != nil && spec.Name.Name == "_" && !slices.Contains(may, imported) {
				findings = append(findings, fmt.Sprintf("%s: blank import of %s", t.at(spec), imported))
			}
		}
	}
	return findings
}

// layerTable is the table as docs/architecture.md shows it.
func layerTable() string {
	var b strings.Builder
	b.WriteString("| package | what it is | may import of this module |\n| --- | --- | --- |\n")
	for _, l := range layers() {
		folder, may := l.folder, make([]string, 0, 8)
		if folder == "." {
			folder = "unity (the root)"
		}
		for pattern := range strings.FieldsSeq(l.may) {
			switch {
			case pattern == ".":
				may = append(may, "unity")
			case strings.HasPrefix(pattern, "!"):
				may = append(may, "but not `"+pattern[1:]+"`")
			default:
				may = append(may, "`"+pattern+"`")
			}
		}
		if len(may) == 0 {
			may = append(may, "nothing")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", folder, l.is, strings.Join(may, ", "))
	}
	return b.String()
}
