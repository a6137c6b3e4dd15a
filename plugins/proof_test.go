package plugins_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
)

// proof is what a plugin is tested on, as the README of its testdata says under
// the heading "Real peers": a table of peers, of what its values are compared
// with and of the test that does it; or a sentence that says why there is none.
type proof struct {
	cases int
	none  string
	peers []peer
}

// peer is a row of that table.
type peer struct{ name, comparedWith, test string }

var (
	peersHeading = regexp.MustCompile(`(?m)^## Real peers\n\n((?s:.*?))(?:\n\n|\n?\z)`)
	testName     = regexp.MustCompile("^`(Test\\w+)`$")
)

// proofOf reads what proves a plugin, and checks that the tests it names exist.
func proofOf(t *testing.T, folder string) proof {
	t.Helper()
	cases, err := filepath.Glob(filepath.Join(folder, "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	found := proof{cases: len(cases)}
	readme := filepath.Join(folder, "testdata", "README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	section := peersHeading.FindStringSubmatch(string(text))
	if section == nil {
		t.Errorf("%s has no section \"## Real peers\"; docs/plugins.md says what belongs there", readme)
		return found
	}
	if !strings.HasPrefix(section[1], "|") {
		found.none = strings.TrimSpace(section[1])
		return found
	}
	tests := testsIn(t, folder)
	for _, line := range strings.Split(section[1], "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 3 {
			t.Errorf("%s: the row %q has not three cells", readme, line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if name := testName.FindStringSubmatch(cells[2]); name == nil || !tests[name[1]] {
			t.Errorf("%s: there is no test %s in plugins/%s", readme, cells[2], folder)
		}
		found.peers = append(found.peers, peer{cells[0], cells[1], cells[2]})
	}
	return found
}

// testsIn returns the names of the tests in a folder.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	tests := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range function.FindAllStringSubmatch(string(text), -1) {
			tests[match[1]] = true
		}
	}
	return tests
}

// proofs is the table of what proves each plugin.
func proofs(t *testing.T, all []plugin.Plugin) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| plugin | recorded cases | real peers | compared with |\n| --- | --- | --- | --- |\n")
	for _, p := range all {
		folder := plugin.Folder(p.ID())
		proof := proofOf(t, folder)
		cases := fmt.Sprintf("[%d](../../plugins/%s/testdata/README.md)", proof.cases, folder)
		if len(proof.peers) == 0 {
			fmt.Fprintf(&b, "| `%s` | %s | none | %s |\n", p.ID(), cases, proof.none)
		}
		for i, peer := range proof.peers {
			first := "| |"
			if i == 0 {
				first = fmt.Sprintf("| `%s` | %s", p.ID(), cases)
			}
			fmt.Fprintf(&b, "%s | %s | %s |\n", first, peer.name, peer.comparedWith)
		}
	}
	return b.String()
}
