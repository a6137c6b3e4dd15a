package plugintest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

const (
	generatedBegin = "<!-- generated:begin -->"
	generatedEnd   = "<!-- generated:end -->"
)

// checkReadme compares the generated part of the README with the manifest.
func (s *suite) checkReadme(t *testing.T) {
	t.Helper()
	name := filepath.Join(s.folder, "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := bytes.Cut(text, []byte(generatedBegin))
	got, after, ended := bytes.Cut(rest, []byte(generatedEnd))
	if !found || !ended {
		t.Fatalf("README.md has no %s … %s", generatedBegin, generatedEnd)
	}
	want := "\n\n" + Reference(s.plugin) + "\n"
	if string(got) == want {
		return
	}
	if s.update {
		fresh := string(before) + generatedBegin + want + generatedEnd + string(after)
		if err := os.WriteFile(name, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("README.md is stale; UPDATE=1 go test ./plugins/%s rewrites it\n%s",
		plugin.Folder(s.manifest.ID), cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want, "\n")))
}

// Reference returns the part of a plugin's README that follows from its
// manifest and config: settings, metrics, rules and rights, as Markdown.
func Reference(p plugin.Plugin) string {
	m := p.Manifest()
	var b strings.Builder
	fmt.Fprintf(&b, "| | |\n| --- | --- |\n| ID | `%s` |\n| Category | %s |\n| Collected every | %s, at most %s long |\n",
		m.ID, m.Category, plugin.Duration(m.Interval), plugin.Duration(m.Timeout))
	platforms := "all"
	if len(m.Platforms) > 0 {
		platforms = strings.Join(m.Platforms, ", ")
	}
	fmt.Fprintf(&b, "| Platforms | %s |\n| Detected by itself | %s |\n", platforms, yesNo(p.CanDetect()))

	b.WriteString("\n### Rights\n\n")
	r := m.Rights
	list(&b, "Reads", r.Paths)
	list(&b, "Runs", r.Commands)
	list(&b, "Talks to the sockets", r.Sockets)
	if r.Network {
		b.WriteString("- Talks over the network to what it is configured for\n")
	}
	if r.Notes != "" {
		fmt.Fprintf(&b, "- %s\n", r.Notes)
	}
	if len(r.Paths)+len(r.Commands)+len(r.Sockets) == 0 && !r.Network && r.Notes == "" {
		b.WriteString("None.\n")
	}

	b.WriteString("\n### Settings\n\n")
	settings := p.Settings()
	if len(settings) == 0 {
		b.WriteString("None.\n")
	} else {
		b.WriteString("| setting | type | default | meaning |\n| --- | --- | --- | --- |\n")
	}
	for _, s := range settings {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Path, s.Type, defaultOf(s), meaning(s))
	}

	b.WriteString("\n### Metrics\n\n| metric | kind | unit | labels | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, d := range m.Metrics {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", d.Name, d.Kind, unitWord(d.Unit), strings.Join(d.Labels, ", "), cell(d.Help))
	}

	b.WriteString("\n### Rules\n\n")
	if len(m.Rules) == 0 {
		b.WriteString("None.\n")
		return b.String()
	}
	b.WriteString("| rule | severity | when | for |\n| --- | --- | --- | --- |\n")
	for _, rule := range m.Rules {
		wait := "at once"
		if rule.For > 0 {
			wait = plugin.Duration(rule.For).String()
		}
		fmt.Fprintf(&b, "| %s (`%s`) | %s | `%s` | %s |\n", cell(rule.Name), rule.ID, rule.Severity, cell(rule.Expr), wait)
	}
	return b.String()
}

func list(b *strings.Builder, what string, names []string) {
	if len(names) > 0 {
		fmt.Fprintf(b, "- %s `%s`\n", what, strings.Join(names, "`, `"))
	}
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func unitWord(u metric.Unit) string {
	switch u {
	case metric.None:
		return ""
	case metric.Bool:
		return "0 or 1"
	case metric.TimestampSeconds:
		return "seconds since 1970"
	default:
		return strings.ReplaceAll(string(u), "_", " ")
	}
}

func defaultOf(s plugin.Setting) string {
	switch {
	case s.Required:
		return "required"
	case len(s.Default) == 0 || s.Type == "group":
		return ""
	}
	var text string
	if json.Unmarshal(s.Default, &text) == nil {
		if text == "" {
			return ""
		}
		return "`" + cell(text) + "`"
	}
	return "`" + cell(string(s.Default)) + "`"
}

func meaning(s plugin.Setting) string {
	if s.Limits == "" {
		return cell(s.Help)
	}
	return cell(s.Help) + " (" + cell(s.Limits) + ")"
}

// cell keeps a text from ending its cell.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}

// ReadmeLines returns the lines of the plugin's README that begin so, for a test
// that takes them as they are.
func ReadmeLines(tb testing.TB, begin string) string {
	tb.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		tb.Fatal(err)
	}
	var lines strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, begin) {
			lines.WriteString(line)
		}
	}
	if lines.Len() == 0 {
		tb.Fatalf("the README has no line that begins with %s", begin)
	}
	return lines.String()
}
