package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/cli"
)

const documentFile = "../../docs/generated/cli.md"

func TestTheCommandsAreDocumented(t *testing.T) {
	t.Parallel()
	want := "# Commands\n\nWhat `unity help` says of each command.\n" + document(t, nil)
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
		t.Errorf("docs/generated/cli.md is not fresh; run: make generate\n%s", diff)
	}
}

// document writes the help of a command and of those below it, as the program
// itself prints it.
func document(t *testing.T, path []string) string {
	t.Helper()
	help := run(t, append([]string{"help"}, path...))
	text := fmt.Sprintf("\n## unity%s\n\n```\n%s\n```\n", strings.Join(append([]string{""}, path...), " "), strings.TrimSpace(help))
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			break
		}
		if name != "help" && name != "completion" {
			text += document(t, append(path, name))
		}
	}
	return text
}

func run(t *testing.T, args []string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := cli.Main(cli.Program{Args: args, Stdout: &out, Stderr: &complaints}); code != 0 {
		t.Fatalf("unity %v ends with %d: %s", args, code, complaints.String())
	}
	return out.String()
}
