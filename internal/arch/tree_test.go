package arch_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const modulePath = "github.com/unity-homelab/unity"

// tree is the repository as the rules see it. Names have slashes and start at
// the root; what .gitignore names is left out.
type tree struct {
	fsys    fs.FS
	files   []string
	folders []string
	sources []source
	set     *token.FileSet
}

// source is one parsed Go file.
type source struct {
	name   string
	folder string // "." for the root
	test   bool
	file   *ast.File
}

func readTree(fsys fs.FS) (tree, error) {
	t := tree{fsys: fsys, set: token.NewFileSet()}
	var ignored ignoreList
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case ignored.match(name, entry.IsDir()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			ignored.read(fsys, name)
			t.folders = append(t.folders, name)
			return nil
		}
		t.files = append(t.files, name)
		if path.Ext(name) == ".go" && !strings.Contains(name, "testdata/") {
			return t.parse(name)
		}
		return nil
	})
	return t, err
}

func (t *tree) parse(name string) error {
	text, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(t.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.sources = append(t.sources, source{
		name: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), file: file,
	})
	return nil
}

// text returns the content of a file, or nothing when it cannot be read.
func (t tree) text(name string) string {
	content, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return ""
	}
	return string(content)
}

// has reports whether there is such a file or folder.
func (t tree) has(name string) bool {
	_, err := fs.Stat(t.fsys, name)
	return err == nil
}

// packages returns the folders that hold Go files, sorted.
func (t tree) packages() []string {
	var folders []string
	for _, s := range t.sources {
		folders = append(folders, s.folder)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// at says where a node is: file:line.
func (t tree) at(node ast.Node) string {
	position := t.set.Position(node.Pos())
	return position.Filename + ":" + strconv.Itoa(position.Line)
}

// imports returns the packages of this module that a file imports, by folder.
func (s source) imports() []string {
	var folders []string
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if imported == modulePath {
			folders = append(folders, ".")
		} else if folder, ok := strings.CutPrefix(imported, modulePath+"/"); ok {
			folders = append(folders, folder)
		}
	}
	return folders
}

// generated reports whether a file says that a program wrote it.
func generated(text string) bool {
	const lines = 5
	head := strings.ToLower(strings.Join(strings.SplitN(text, "\n", lines+1)[:min(lines, strings.Count(text, "\n"))], "\n"))
	return strings.Contains(head, "generated") && strings.Contains(head, "do not")
}

// ignoreList is the part of .gitignore's language that this repository uses.
type ignoreList []ignorePattern

type ignorePattern struct {
	base     string // the folder of the .gitignore
	pattern  string
	anchored bool
	folder   bool
}

func (l *ignoreList) read(fsys fs.FS, folder string) {
	content, err := fs.ReadFile(fsys, path.Join(folder, ".gitignore"))
	if err != nil {
		return
	}
	for line := range bytes.Lines(content) {
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' || text[0] == '!' {
			continue
		}
		p := ignorePattern{base: folder, folder: strings.HasSuffix(text, "/")}
		text = strings.TrimSuffix(text, "/")
		p.anchored = strings.Contains(text, "/")
		p.pattern = strings.TrimPrefix(text, "/")
		*l = append(*l, p)
	}
}

func (l ignoreList) match(name string, isFolder bool) bool {
	return slices.ContainsFunc(l, func(p ignorePattern) bool {
		if p.folder && !isFolder {
			return false
		}
		below := name
		if p.base != "." {
			rest, ok := strings.CutPrefix(name, p.base+"/")
			if !ok {
				return false
			}
			below = rest
		}
		if !p.anchored {
			below = path.Base(below)
		}
		matched, err := path.Match(p.pattern, below)
		return err == nil && matched
	})
}
