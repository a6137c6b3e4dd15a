package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/config"
)

const documentFile = "../../docs/generated/config.md"

func TestTheSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	want := document()
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(documentFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/generated/config.md is not fresh; run: make generate\n%s", diff)
	}
}

// document writes every setting as a table.
func document() string {
	var b strings.Builder
	b.WriteString("# Settings\n\n" +
		"Unity reads `unity.yaml` from the folder it is started in, or the file named with `--config`; then the environment,\n" +
		"then the command line. Each wins over the one before. `unity config check` names every problem.\n\n" +
		"| setting | environment | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, setting := range config.Paths() {
		value := ""
		if setting.Default != "" {
			value = "`" + setting.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", setting.Path, setting.Variable, value, setting.Help)
	}
	b.WriteString("\nA dot stands for a level of the file:\n\n```yaml\nlisten: :8080\nstorage:\n  raw_retention: 30d\n```\n")
	return b.String()
}

func TestTheDocumentedExampleIsGood(t *testing.T) {
	t.Parallel()
	_, after, ok := strings.Cut(document(), "```yaml\n")
	example, _, closed := strings.Cut(after, "```")
	if !ok || !closed {
		t.Fatal("the document has no example")
	}
	if _, err := load(t, example); err != nil {
		t.Error(err)
	}
}
