// Package forms_test adds sources through the forms of their plugins in a real
// browser: what a person does with each, with the best there is on this machine to
// watch. A source is tested, collected and looked at, tested with a setting that is
// wrong, and collected when its target is gone:
//
//	FORMS=git_server_monitor,backup_monitor make forms
//
// Pictures of all that are in test-results/forms. "all" stands for every plugin.
package forms_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/test/homelab"
	"github.com/unity-homelab/unity/test/program"
)

// rounds is how often a source collects before it is looked at.
const rounds = 20

// account is whom the browser signs in as.
type account struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// status is how a source is.
type status struct {
	Status  string `json:"status"`
	Problem *struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
		Hint    string `json:"hint"`
	} `json:"problem"`
}

// String writes it on a line.
func (s status) String() string {
	if s.Problem == nil {
		return s.Status
	}
	return s.Status + ", " + s.Problem.Kind + ": " + s.Problem.Message + " (" + s.Problem.Hint + ")"
}

// seen is what the browser saw.
type seen struct {
	Test         string `json:"test"`
	Source, Gone status
	Runs         int
	Wrong        struct{ Field, Said string }
	Down         []string // metrics that say that the target is gone
	Complaints   []string
}

func TestEveryPluginIsAddedThroughItsForm(t *testing.T) { //nolint:paralleltest // each has a browser, and all share a program
	wanted := strings.FieldsFunc(os.Getenv("FORMS"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(wanted) == 0 {
		t.Skip("unavoidable: FORMS names no plugin")
	}
	programs := t.TempDir()
	unity, someone := start(t, programs)
	var list struct{ Items []struct{ ID string } }
	if err := unity.Get(t.Context(), "/api/v1/plugins", &list); err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(list.Items))
	for i, plugin := range list.Items {
		all[i] = plugin.ID
	}
	if slices.Equal(wanted, []string{"all"}) {
		wanted = all
	}
	for _, plugin := range wanted {
		t.Run(plugin, func(t *testing.T) {
			if !slices.Contains(all, plugin) {
				t.Fatalf("there is no such plugin; there are %s", strings.Join(all, " "))
			}
			target := homelab.Find(t, unity, plugin, programs)
			if target.Name == "nothing" {
				t.Fatalf("there is nothing to watch:\n%s", strings.Join(target.Lacks, "\n"))
			}
			saw := look(t, someone, plugin, target)
			t.Logf("watches %s; %s", target.Name, saw.Test)
			t.Logf("collected %d times: %s", saw.Runs, saw.Source)
			t.Logf("with another %s: %s", saw.Wrong.Field, strings.ReplaceAll(saw.Wrong.Said, "\n", " | "))
			t.Logf("gone: %s %v", saw.Gone, saw.Down)
			for _, amiss := range saw.amiss(target) {
				t.Error(amiss)
			}
		})
	}
}

// amiss returns what is not as it should be.
func (s *seen) amiss(target *homelab.Target) []string {
	if len(s.Complaints) > 0 {
		return s.Complaints
	}
	var all []string
	if s.Runs < rounds || s.Source.Status != "healthy" && s.Source.Status != "degraded" {
		all = append(all, "it is not collected")
	}
	if target.Name == "this machine" {
		return all // there is no password to mistype, and it does not go away
	}
	if s.Wrong.Said == "" {
		all = append(all, "no setting that is wrong is noticed")
	}
	if p := s.Gone.Problem; (p == nil || p.Hint == "") && len(s.Down) == 0 {
		all = append(all, "that the target is gone is not said, or not what to do")
	}
	return all
}

// start starts the program with an account.
func start(t *testing.T, programs string) (*program.Program, account) {
	t.Helper()
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	unity, err := program.Start(t.Context(), program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"),
		Environ: []string{"UNITY_SCHEDULE_DETECT=false", "PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unity.Kill() })
	someone := account{URL: unity.URL, Name: "ann", Password: "correct horse battery"}
	user := map[string]string{"name": someone.Name, "password": someone.Password, "role": "admin"}
	if err := unity.Call(t.Context(), http.MethodPost, "/api/v1/users", user, nil); err != nil {
		t.Fatal(err)
	}
	return unity, someone
}

// look has the browser do all that, and ends the target when the browser wants it.
func look(t *testing.T, someone account, plugin string, target *homelab.Target) (saw seen) {
	t.Helper()
	pictures, err := filepath.Abs(filepath.Join("..", "..", "test-results", "forms", plugin))
	if err != nil {
		t.Fatal(err)
	}
	task, err := json.Marshal(map[string]any{"account": someone, "plugin": plugin, "config": target.Config, "rounds": rounds, "pictures": pictures})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "../e2e/forms.mjs")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write(append(task, '\n'))
	var last string
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if strings.TrimSpace(line) == "gone?" {
			target.End()
			_, _ = io.WriteString(in, "gone\n")
			continue
		}
		if line != "" {
			last = line
		}
		if err != nil {
			break
		}
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("node: %v", err)
	}
	if err := json.Unmarshal([]byte(last), &saw); err != nil {
		t.Fatalf("the browser said nothing of use: %v\n%s", err, last)
	}
	return saw
}
