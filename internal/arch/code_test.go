package arch_test

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// noInit finds init functions: nothing happens because a package was imported.
func noInit(t tree) []string {
	var findings []string
	for _, s := range t.sources {
		for _, declaration := range s.file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
				findings = append(findings, fmt.Sprintf("%s: an init function", t.at(function)))
			}
		}
	}
	return findings
}

// noSleep finds tests that wait for the clock on the wall. Files that use
// testing/synctest are let be: there sleeping costs nothing.
func noSleep(t tree) []string {
	var findings []string
	for _, s := range t.sources {
		if !s.test || s.importsPath("testing/synctest") {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok && isName(selector.X, "time") && selector.Sel.Name == "Sleep" {
				findings = append(findings, fmt.Sprintf("%s: a test sleeps; wait for what it waits for, or use testing/synctest", t.at(selector)))
			}
			return true
		})
	}
	return findings
}

// skips finds tests that may be skipped in CI without anybody noticing. A
// function that skips looks at the variable CI and fails there instead.
// Skipping by platform, by -short and for what no installing can help is fine; the
// latter says so: t.Skip("unavoidable: no battery").
func skips(t tree) []string {
	var findings []string
	for _, s := range t.sources {
		for _, declaration := range s.file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Body == nil {
				continue
			}
			skipped, excused := false, false
			ast.Inspect(function.Body, func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.CallExpr:
					skipped = skipped || isSkip(node)
				case *ast.SelectorExpr:
					excused = excused || isName(node.X, "runtime") && node.Sel.Name == "GOOS" ||
						isName(node.X, "testing") && node.Sel.Name == "Short"
				case *ast.BasicLit:
					excused = excused || node.Value == `"CI"`
				}
				return true
			})
			if skipped && !excused {
				findings = append(findings, fmt.Sprintf("%s: %s skips in CI too; see \"Skipping\" in docs/development.md", t.at(function), function.Name.Name))
			}
		}
	}
	return findings
}

// isSkip reports whether a call skips a test that installing something could have helped.
func isSkip(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !isTestName(selector.X) || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, selector.Sel.Name) {
		return false
	}
	if len(call.Args) == 0 {
		return true
	}
	reason, ok := stringOf(call.Args[0])
	return !ok || !strings.HasPrefix(reason, "unavoidable: ")
}

func isTestName(expression ast.Expr) bool {
	return isName(expression, "t") || isName(expression, "b") || isName(expression, "tb") || isName(expression, "f")
}

func (s source) importsPath(imported string) bool {
	return slices.ContainsFunc(s.file.Imports, func(spec *ast.ImportSpec) bool {
		return strings.Trim(spec.Path.Value, `"`) == imported
	})
}
