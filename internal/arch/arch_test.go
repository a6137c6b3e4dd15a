package arch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// rule is something that holds for the whole tree. It returns a sentence for
// each place where it does not, beginning with the place.
type rule struct {
	name  string
	check func(tree) []string
}

// rules lists every rule. Each has a case of the same name in testdata.
func rules() []rule {
	return []rule{
		{"imports", imports},
		{"import-rows", importRows},
		{"blank-imports", blankImports},
		{"package-comments", packageComments},
		{"package-names", packageNames},
		{"plugin-folders", pluginFolders},
		{"plugin-names", pluginNames},
		{"file-sizes", fileSizes},
		{"leftovers", leftovers},
		{"unfinished", unfinished},
		{"no-init", noInit},
		{"no-sleep", noSleep},
		{"skips", skips},
		{"go-mod", goMod},
		{"lock-files", lockFiles},
		{"links", links},
		{"decisions", decisions},
		{"changelog", changelog},
	}
}

func TestTheTreeKeepsEveryRule(t *testing.T) {
	t.Parallel()
	repository, err := readTree(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for _, finding := range r.check(repository) {
				t.Error(finding)
			}
		})
	}
}

func TestEveryRuleFindsWhatItForbids(t *testing.T) {
	t.Parallel()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join("testdata", r.name+".txtar")
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fsys, want := madeUpTree(t, archive)
			found, err := readTree(fsys)
			if err != nil {
				t.Fatal(err)
			}
			got := r.check(found)
			slices.Sort(got)
			if os.Getenv("UPDATE") != "" {
				rewriteWant(t, name, archive, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings differ (-want +got), UPDATE=1 go test ./internal/arch rewrites them:\n%s", diff)
			}
		})
	}
}

// madeUpTree returns the files of an archive and the findings it wants.
func madeUpTree(t *testing.T, archive *txtar.Archive) (fsys fs.FS, want []string) {
	t.Helper()
	files := &txtar.Archive{}
	for _, file := range archive.Files {
		if file.Name == "want" {
			want = strings.FieldsFunc(string(file.Data), func(r rune) bool { return r == '\n' })
			continue
		}
		files.Files = append(files.Files, file)
	}
	fsys, err := txtar.FS(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 && os.Getenv("UPDATE") == "" {
		t.Fatal("the case wants no findings, so it shows nothing")
	}
	return fsys, want
}

func rewriteWant(t *testing.T, name string, archive *txtar.Archive, got []string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(strings.Join(got, "\n") + "\n")})
	if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

// root returns the repository's folder.
func root(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
