package arch_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// links finds links between documents that lead nowhere.
func links(t tree) []string {
	pattern := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	var findings []string
	for _, name := range t.files {
		if path.Ext(name) != ".md" || strings.Contains(name, "testdata/") {
			continue
		}
		for number, line := range numbered(t.text(name)) {
			for _, match := range pattern.FindAllStringSubmatch(line, -1) {
				target, _, _ := strings.Cut(match[1], "#")
				if target == "" || strings.Contains(target, ":") {
					continue
				}
				if !t.has(path.Join(path.Dir(name), target)) {
					findings = append(findings, fmt.Sprintf("%s:%d: there is no %s", name, number, target))
				}
			}
		}
	}
	return findings
}

// decisions finds decision records that are not in form: each with a number of
// its own, a status, a date and the three sections, and listed in the index.
func decisions(t tree) []string {
	const folder = "docs/decisions"
	form := regexp.MustCompile(`^(\d{4})-[a-z0-9-]+\.md$`)
	head := regexp.MustCompile(`^# \d+\. .+\n\n(Accepted|Superseded by \[\d{4}\]\([^)]+\)), \d{4}-\d{2}-\d{2}\.\n`)
	index := t.text(folder + "/README.md")
	var findings []string
	numbers := map[string]string{}
	for _, name := range t.files {
		base := path.Base(name)
		if path.Dir(name) != folder || base == "README.md" {
			continue
		}
		match := form.FindStringSubmatch(base)
		if match == nil {
			findings = append(findings, fmt.Sprintf("%s: the name is not NNNN-some-words.md", name))
			continue
		}
		if other := numbers[match[1]]; other != "" {
			findings = append(findings, fmt.Sprintf("%s: the number is that of %s", name, other))
		}
		numbers[match[1]] = name
		text := t.text(name)
		if !head.MatchString(text) {
			findings = append(findings, fmt.Sprintf("%s: it does not begin with a title and a line such as %q", name, "Accepted, 2026-11-22."))
		}
		for _, section := range []string{"\n## Context\n", "\n## Decision\n", "\n## Consequences\n"} {
			if !strings.Contains(text, section) {
				findings = append(findings, fmt.Sprintf("%s: there is no section %q", name, strings.TrimSpace(section)))
			}
		}
		if !strings.Contains(index, "("+base+")") {
			findings = append(findings, fmt.Sprintf("%s: not listed in %s/README.md", name, folder))
		}
	}
	return findings
}

// changelog finds fragments that are not in form; changelog/README.md says
// which form that is.
func changelog(t tree) []string {
	const folder = "changelog/unreleased"
	kinds := []string{"Added", "Changed", "Fixed", "Removed", "Security"}
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.md$`)
	var findings []string
	for _, file := range t.files {
		if path.Dir(file) != folder {
			continue
		}
		if !name.MatchString(path.Base(file)) {
			findings = append(findings, fmt.Sprintf("%s: the name is not some-words.md", file))
		}
		first, rest, _ := strings.Cut(t.text(file), "\n")
		kind, sentence, _ := strings.Cut(first, ": ")
		switch {
		case !slices.Contains(kinds, kind):
			findings = append(findings, fmt.Sprintf("%s: it does not begin with one of %s and a colon", file, strings.Join(kinds, ", ")))
		case !strings.HasSuffix(sentence, ".") || len(first) > 120:
			findings = append(findings, fmt.Sprintf("%s: the first line is not one sentence of at most 120 characters", file))
		}
		if rest != "" && !strings.HasPrefix(rest, "\n") {
			findings = append(findings, fmt.Sprintf("%s: no empty line after the first", file))
		}
	}
	return findings
}

func TestTheArchitectureDocumentShowsTheImportTable(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- generated:begin layers -->\n", "<!-- generated:end layers -->"
	name := filepath.Join(root(t), "docs", "architecture.md")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("docs/architecture.md has no %s … %s", strings.TrimSpace(begin), end)
	}
	if shown == layerTable() {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("the table in docs/architecture.md is not that of layers_test.go; UPDATE=1 go test ./internal/arch writes it")
	}
	if err := os.WriteFile(name, []byte(before+begin+layerTable()+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
