package arch_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// drawers are names under which everything and nothing can be found.
func drawers() []string {
	return []string{
		"util", "utils", "common", "helper", "helpers", "shared", "misc", "model", "models", "types",
		"lib", "base", "stuff", "general",
	}
}

// packageNames finds drawers, and packages that are not named after their
// folder.
func packageNames(t tree) []string {
	var findings []string
	for _, folder := range t.packages() {
		for element := range strings.SplitSeq(folder, "/") {
			if slices.Contains(drawers(), element) {
				findings = append(findings, fmt.Sprintf("%s: %q says nothing about what is in it", folder, element))
			}
		}
	}
	for _, s := range t.sources {
		name := strings.TrimSuffix(s.file.Name.Name, "_test")
		if want := path.Base(s.folder); s.folder != "." && name != want && name != "main" {
			findings = append(findings, fmt.Sprintf("%s: package %s in folder %s", s.name, name, want))
		}
	}
	return findings
}

// packageComments finds packages that have no comment, or two.
func packageComments(t tree) []string {
	comments := map[string][]string{}
	for _, s := range t.sources {
		if s.file.Doc != nil && strings.TrimSpace(s.file.Doc.Text()) != "" {
			comments[s.folder] = append(comments[s.folder], s.name)
		}
	}
	var findings []string
	for _, folder := range t.packages() {
		switch files := comments[folder]; len(files) {
		case 0:
			findings = append(findings, fmt.Sprintf("%s: the package has no comment", folder))
		case 1:
		default:
			findings = append(findings, fmt.Sprintf("%s: the package has %d comments: %s", folder, len(files), strings.Join(files, ", ")))
		}
	}
	return findings
}

// pluginFolders finds plugins whose folder does not follow from their ID, and
// plugin folders that lack a part.
func pluginFolders(t tree) []string {
	var findings []string
	ids := t.pluginIDs()
	for _, folder := range t.packages() {
		if path.Dir(folder) != "plugins" {
			continue
		}
		id, ok := ids[folder]
		if !ok {
			findings = append(findings, fmt.Sprintf("%s: no plugin.Manifest with an ID", folder))
			continue
		}
		if want := "plugins/" + folderOf(id); folder != want {
			findings = append(findings, fmt.Sprintf("%s: plugin %s belongs in %s", folder, id, want))
		}
		for _, part := range []string{"README.md", "testdata", "testdata/README.md"} {
			if !t.has(folder + "/" + part) {
				findings = append(findings, fmt.Sprintf("%s: there is no %s", folder, part))
			}
		}
	}
	return findings
}

// folderOf is the folder, and package, of a plugin.
func folderOf(id string) string {
	return strings.ReplaceAll(strings.TrimSuffix(id, "_monitor"), "_", "")
}

// pluginIDs returns the ID of the plugin in each folder of plugins.
func (t tree) pluginIDs() map[string]string {
	constants := map[string]string{} // folder and name
	for _, s := range t.sources {
		for name, value := range stringConstants(s.file) {
			constants[s.folder+" "+name] = value
		}
	}
	ids := map[string]string{}
	for _, s := range t.sources {
		if path.Dir(s.folder) != "plugins" || s.test {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			literal, ok := node.(*ast.CompositeLit)
			if !ok || !isManifest(literal.Type) {
				return true
			}
			for _, element := range literal.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok && isName(pair.Key, "ID") {
					if name, ok := pair.Value.(*ast.Ident); ok {
						ids[s.folder] = constants[s.folder+" "+name.Name]
					} else if value, ok := stringOf(pair.Value); ok {
						ids[s.folder] = value
					}
				}
			}
			return false
		})
	}
	return ids
}

func isManifest(expression ast.Expr) bool {
	selector, ok := expression.(*ast.SelectorExpr)
	return ok && isName(selector.X, "plugin") && selector.Sel.Name == "Manifest"
}

func isName(expression ast.Expr, name string) bool {
	identifier, ok := expression.(*ast.Ident)
	return ok && identifier.Name == name
}

func stringOf(expression ast.Expr) (string, bool) {
	literal, ok := expression.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}

func stringConstants(file *ast.File) map[string]string {
	found := map[string]string{}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			values, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, name := range values.Names {
				if i < len(values.Values) {
					if value, ok := stringOf(values.Values[i]); ok {
						found[name.Name] = value
					}
				}
			}
		}
	}
	return found
}

// pluginNames finds plugins that are named where no plugin may be known: in the
// code of the core (its comments may give examples, its tests may use names)
// and in the interface.
func pluginNames(t tree) []string {
	may := map[string]string{
		"internal/cli: web_service_monitor": "an example in a command's help",
	}
	var ids []string
	for _, id := range t.pluginIDs() {
		ids = append(ids, id, strings.ReplaceAll(id, "_", "-"))
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	pattern := regexp.MustCompile(`\b(` + strings.Join(slices.Compact(ids), "|") + `)\b`)
	find := func(text string) string {
		if !containsAny(text, ids) { // which the pattern takes long to find out
			return ""
		}
		return pattern.FindString(text)
	}

	var findings []string
	for _, s := range t.sources {
		if s.test || !isCore(s.folder) || slices.Contains(suites(), s.folder) {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			literal, ok := node.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if id := find(literal.Value); id != "" && may[s.folder+": "+id] == "" {
				findings = append(findings, fmt.Sprintf("%s: the core names the plugin %s", t.at(literal), id))
			}
			return true
		})
	}
	for _, name := range t.files {
		if !strings.HasPrefix(name, "web/src/") || strings.Contains(name, ".test.") {
			continue
		}
		for number, line := range numbered(t.text(name)) {
			if id := find(line); id != "" {
				findings = append(findings, fmt.Sprintf("%s:%d: the interface names the plugin %s", name, number, id))
			}
		}
	}
	return findings
}

func isCore(folder string) bool {
	for _, top := range []string{"internal", "plugin", "metric", "fault", "web"} {
		if folder == top || strings.HasPrefix(folder, top+"/") {
			return true
		}
	}
	return folder == "."
}
