package plugintest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

const (
	smallCase = "Little.\n-- GET /a --\nA\n-- want --\nx 1\n"
	largeCase = "All there is to play.\n" +
		"-- config.json --\n{\"url\": \"{{url}}\", \"files\": [\"/var/log/*.log\", \"/nowhere\"]}\n" +
		"-- file /var/log/app.log --\nstarted\n" +
		"-- GET /a 401 --\nwho's there?\n" +
		"-- answer GET /b --\nB\n" +
		"-- exec tool it's --all exit=3 --\nsaid 'so'\n" +
		"-- exec tool it's --all stderr --\nand complained\n" +
		"-- want --\nx 1\ny 2\n"
)

func TestACaseIsPlayedForAnotherProgram(t *testing.T) {
	t.Parallel()
	folder, programs := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "testdata"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"small": smallCase, "large": largeCase,
		"worse":  "It has a problem.\n-- GET /a --\nA\n-- want --\nx 1\ny 2\nz 3\n-- want problems --\nprotocol: odd\n",
		"slow":   "It hangs.\n-- GET /a hang --\n-- want --\nx 1\n",
		"broken": "It fails.\n-- GET /a --\nA\n-- want error --\nprotocol: odd\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, "testdata", name+".txtar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := plugintest.Scenes(t, folder)
	var names []string
	for _, scene := range all {
		names = append(names, scene.Name)
	}
	if got := strings.Join(names, " "); got != "large small worse" {
		t.Fatalf("the cases to play are %s", got)
	}
	var config struct {
		URL   string   `json:"url"`
		Files []string `json:"files"`
	}
	if err := json.Unmarshal(all[0].Play(t, programs), &config); err != nil {
		t.Fatal(err)
	}

	for path, want := range map[string]string{"/a": "401 Unauthorized who's there?\n", "/b": "200 OK B\n", "/c": "404 Not Found not in this case\n"} {
		if got := get(t, config.URL+path); got != want {
			t.Errorf("%s answers %q, want %q", path, got, want)
		}
	}
	if found, err := filepath.Glob(config.Files[0]); err != nil || len(found) != 1 || config.Files[1] != "/nowhere" {
		t.Errorf("the files are %q, of which there are %q (%v)", config.Files, found, err)
	}
	if runtime.GOOS == "windows" {
		return // has no programs that are text
	}
	command := exec.CommandContext(t.Context(), filepath.Join(programs, "tool"), "it's", "--all")
	said, err := command.Output()
	if string(said) != "said 'so'\n" || command.ProcessState.ExitCode() != 3 {
		t.Errorf("the program says %q and ends with %v", said, err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status + " " + string(text)
}
