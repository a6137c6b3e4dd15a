package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAMistakeIsFoundOnTheSystemItIsMadeFor(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":          "module example.org/thing\n\ngo 1.26\n",
		"main.go":         "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(name()) }\n",
		"name_linux.go":   "package main\n\nfunc name() string { return \"penguin\" }\n",
		"name_windows.go": "package main\n\nfunc name() string { return 7 }\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(folder, "linux/amd64"); err != nil {
		t.Errorf("on linux: %v", err)
	}
	if err := check(folder, "windows/amd64"); err == nil || !strings.Contains(err.Error(), "name_windows.go:3") {
		t.Errorf("on windows: %v, want the mistake in name_windows.go", err)
	}
	if err := check(folder, "plan9/arm"); err == nil || !strings.Contains(err.Error(), "undefined: name") {
		t.Errorf("on plan9: %v, want name to be undefined", err)
	}
	if err := check(folder, "nonsense"); err == nil {
		t.Error("a system without architecture is accepted")
	}
}
