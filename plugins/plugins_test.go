package plugins_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins"
)

func TestTheListEqualsTheFolders(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders, listed []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "testdata" {
			folders = append(folders, entry.Name())
		}
	}
	for _, p := range plugins.All() {
		listed = append(listed, plugin.Folder(p.ID()))
	}
	slices.Sort(listed)
	if diff := cmp.Diff(folders, listed); diff != "" {
		t.Errorf("the folders (-) and the list in plugins.go (+) differ:\n%s", diff)
	}
}

func TestEveryPluginIsTestedByTheSuite(t *testing.T) {
	t.Parallel()
	for _, p := range plugins.All() {
		folder := plugin.Folder(p.ID())
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "plugintest.Run(")
		}
		if !found {
			t.Errorf("no test in plugins/%s calls plugintest.Run", folder)
		}
	}
}

func TestNoTwoPluginsShareAName(t *testing.T) {
	t.Parallel()
	metrics, names, prefixes := map[string]string{}, map[string]string{}, map[string]string{}
	take := func(taken map[string]string, what, name, id string) {
		if other, ok := taken[name]; ok && other != id {
			t.Errorf("%s and %s both have the %s %s", other, id, what, name)
		}
		taken[name] = id
	}
	for _, p := range plugins.All() {
		m := p.Manifest()
		take(names, "name", strings.ToLower(m.Name), m.ID)
		for _, definition := range m.Metrics {
			take(metrics, "metric", definition.Name, m.ID)
			prefix, _, _ := strings.Cut(definition.Name, "_")
			take(prefixes, "metric prefix", prefix, m.ID)
		}
	}
}

func TestIDsAreFoundAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for _, p := range plugins.All() {
		shouted := strings.ToUpper(strings.ReplaceAll(p.ID(), "_", "-"))
		for _, typed := range []string{shouted, plugin.Folder(p.ID())} {
			if got, err := plugin.Find(plugins.All(), typed); err != nil || got.ID() != p.ID() {
				t.Errorf("%s is taken for %s (%v)", typed, got.ID(), err)
			}
		}
	}
}

func TestTheGeneratedListIsFresh(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "docs", "generated", "plugins.md")
	var b strings.Builder
	b.WriteString("# Plugins\n\nWritten by `UPDATE=1 go test ./plugins`.\n\n")
	b.WriteString("| plugin | what it watches | needs |\n| --- | --- | --- |\n")
	for _, p := range plugins.All() {
		m := p.Manifest()
		fmt.Fprintf(&b, "| [%s](../../plugins/%s/README.md)<br>`%s` | %s | %s |\n",
			m.Name, plugin.Folder(m.ID), m.ID, strings.ReplaceAll(m.Summary, "|", `\|`), needs(m.Rights))
	}
	b.WriteString("\n## What they are proven on\n\nBeside the recorded cases, which run everywhere, these tests run against the real thing.\n\n")
	b.WriteString(proofs(t, plugins.All()))
	for _, p := range plugins.All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s", p.Manifest().Name, p.Manifest().Description, plugintest.Reference(p))
	}
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), b.String()); diff != "" {
		t.Errorf("%s is stale; UPDATE=1 go test ./plugins rewrites it:\n%s", name, diff)
	}
}

// needs says in a few words what rights a plugin asks for.
func needs(r plugin.Rights) string {
	var words []string
	if len(r.Paths) > 0 {
		words = append(words, "files")
	}
	if len(r.Sockets) > 0 {
		words = append(words, "a socket")
	}
	if len(r.Commands) > 0 {
		words = append(words, "programs: "+strings.Join(r.Commands, ", "))
	}
	if r.Network {
		words = append(words, "network")
	}
	return strings.Join(words, "; ")
}

func TestTheInterfaceHasEveryIcon(t *testing.T) {
	t.Parallel()
	known, err := os.ReadFile(filepath.FromSlash("../web/src/icons/icons.ts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plugins.All() {
		icon := p.Manifest().Icon
		if !strings.Contains(string(known), "icons/"+icon+"';") {
			t.Errorf("plugin %s has the icon %q, which the interface does not: see web/src/icons/icons.ts", p.ID(), icon)
		}
	}
}
