// Command compiles type-checks the program for other systems than this one. It
// reads every package from its source and generates no code, which takes a
// fraction of the time that building them all would take.
//
//	go run ./compiles darwin/arm64 windows/amd64
package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	var refused []error
	for _, system := range os.Args[1:] {
		fmt.Println(system)
		refused = append(refused, check("..", system))
	}
	if err := errors.Join(refused...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check type-checks every package below a folder for a system, with its tests.
func check(folder, system string) error {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return fmt.Errorf("%q is not GOOS/GOARCH", system)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes | packages.NeedModule,
		Dir:       folder,
		Env:       append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
		Tests:     true,
		ParseFile: withoutForeignBodies(folder),
	}
	loaded, err := packages.Load(config, "./...")
	if err != nil {
		return fmt.Errorf("%s: %w", system, err)
	}
	seen := map[string]bool{}
	var refused []error
	packages.Visit(loaded, nil, func(p *packages.Package) {
		if p.Module == nil || !p.Module.Main || strings.HasSuffix(p.PkgPath, ".test") {
			return // of others, or the main that go test makes up
		}
		for _, mistake := range p.Errors {
			if text := mistake.Error(); !seen[text] {
				seen[text] = true
				refused = append(refused, fmt.Errorf("%s: %s", system, text))
			}
		}
	})
	return errors.Join(refused...)
}

// withoutForeignBodies returns a parser that leaves out the bodies of functions
// outside a folder: what others do inside is of no interest here.
func withoutForeignBodies(folder string) func(*token.FileSet, string, []byte) (*ast.File, error) {
	return func(set *token.FileSet, name string, text []byte) (*ast.File, error) {
		file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil || strings.HasPrefix(name, folder+string(filepath.Separator)) {
			return file, err
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				function.Body = nil
			}
		}
		return file, nil
	}
}
