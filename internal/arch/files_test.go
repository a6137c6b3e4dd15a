package arch_test

import (
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxLines is how long a file may be before somebody has to say why.
const maxLines = 600

// longFiles lists the files that are longer, with the reason.
func longFiles() map[string]string {
	return map[string]string{}
}

// fileSizes finds files that are too long.
func fileSizes(t tree) []string {
	extensions := []string{".go", ".ts", ".js", ".mjs", ".svelte", ".css", ".sh", ".sql"}
	var findings []string
	long := longFiles()
	for _, name := range t.files {
		if !slices.Contains(extensions, path.Ext(name)) || strings.HasPrefix(name, "web/dist/") {
			continue
		}
		text := t.text(name)
		lines := strings.Count(text, "\n")
		switch _, excused := long[name]; {
		case generated(text):
		case lines > maxLines && !excused:
			findings = append(findings, fmt.Sprintf("%s: %d lines; split it, or say why not in files_test.go", name, lines))
		case lines <= maxLines && excused:
			findings = append(findings, fmt.Sprintf("%s: %d lines need no excuse in files_test.go", name, lines))
		}
	}
	return findings
}

// leftovers finds backups, and files at the root that nobody announced.
func leftovers(t tree) []string {
	announced := []string{
		".ci", ".editorconfig", ".gitattributes", ".gitignore", ".golangci.yml",
		"LICENSE", "Makefile", "README.md", "go.mod", "go.sum", "unity.go", "unity_test.go", "unity.example.yaml",
		"changelog", "cmd", "deploy", "docs", "fault", "internal", "metric", "plugin", "plugins", "test", "tools", "web",
	}
	suffixes := []string{".bak", ".orig", ".rej", ".old", ".tmp", ".swp", "~", ".DS_Store", ".log", ".pid"}
	var findings []string
	for _, name := range append(slices.Clone(t.files), t.folders...) {
		if name != "." && !strings.Contains(name, "/") && !slices.Contains(announced, name) {
			findings = append(findings, fmt.Sprintf("%s: does not belong at the root, or is missing in files_test.go", name))
		}
		for _, suffix := range suffixes {
			if strings.HasSuffix(name, suffix) && !strings.Contains(name, "testdata/") {
				findings = append(findings, fmt.Sprintf("%s: a leftover", name))
			}
		}
	}
	return findings
}

// unfinished finds notes to oneself. What is to come is in the issues.
func unfinished(t tree) []string {
	words := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"}
	either := strings.Join(words, "|")
	note := regexp.MustCompile(`(//|#|/\*|\*|--) ?(` + either + `)\b|\b(` + either + `)[:(]`)
	extensions := []string{".go", ".ts", ".js", ".mjs", ".svelte", ".css", ".sh", ".sql", ".md", ".yml", ".yaml", ""}
	var findings []string
	for _, name := range t.files {
		if !slices.Contains(extensions, path.Ext(name)) || strings.HasPrefix(name, "web/dist/") || strings.Contains(name, "testdata/") {
			continue
		}
		text := t.text(name)
		if !containsAny(text, words) { // which a regular expression takes long to find out
			continue
		}
		for number, line := range numbered(text) {
			if found := note.FindString(line); found != "" {
				findings = append(findings, fmt.Sprintf("%s:%d: a note to oneself: %s", name, number, strings.TrimSpace(line)))
			}
		}
	}
	return findings
}

// goMod finds directives that hold for us but not for those who import us.
func goMod(t tree) []string {
	var findings []string
	for _, name := range t.files {
		if path.Base(name) != "go.mod" || strings.Contains(name, "testdata/") {
			continue
		}
		for number, line := range numbered(t.text(name)) {
			for _, directive := range []string{"replace", "exclude", "retract"} {
				if strings.HasPrefix(line, directive+" ") {
					findings = append(findings, fmt.Sprintf("%s:%d: no %s directives", name, number, directive))
				}
			}
		}
	}
	return findings
}

// lockFiles finds the addresses of package registries: which one is used is up
// to whoever installs.
func lockFiles(t tree) []string {
	var findings []string
	for _, name := range t.files {
		if base := path.Base(name); base != "package-lock.json" && base != ".npmrc" {
			continue
		}
		for number, line := range numbered(t.text(name)) {
			if strings.Contains(line, `"resolved"`) || strings.Contains(line, "registry=") {
				findings = append(findings, fmt.Sprintf("%s:%d: names a registry; set omit-lockfile-registry-resolved=true and install again", name, number))
			}
		}
	}
	return findings
}

// containsAny reports whether one of some words is in a text.
func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// numbered yields the lines of a text with their numbers, from 1.
func numbered(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.SplitSeq(text, "\n") {
			number++
			if !yield(number, line) {
				return
			}
		}
	}
}
