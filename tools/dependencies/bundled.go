package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// lockFile is the part of package-lock.json that matters here.
type lockFile struct {
	Packages map[string]struct {
		License      string            `json:"license"`
		Dependencies map[string]string `json:"dependencies"`
	} `json:"packages"`
}

// bundledPackages finds what the interface imports, and what that depends on:
// these may end up in the bundle. A folder without a lock file bundles nothing.
func bundledPackages(web string) ([]dependency, error) {
	content, err := os.ReadFile(filepath.Join(web, "package-lock.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var lock lockFile
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, fmt.Errorf("reading the lock file of %s: %w", web, err)
	}
	imported, err := importedPackages(filepath.Join(web, "src"))
	if err != nil {
		return nil, err
	}

	var found []dependency
	seen := map[string]bool{}
	var visit func(folder, name string)
	visit = func(folder, name string) {
		at, ok := lock.find(folder, name)
		if !ok || seen[at] {
			return
		}
		seen[at] = true
		p := lock.Packages[at]
		d := dependency{name: name, detail: "its package says " + p.License}
		switch {
		case acceptedInBundle(p.License):
			d.licence = p.License
		case p.License == "": // then only the text that comes with it tells
			d.licence, d.detail = licenceIn(filepath.Join(web, filepath.FromSlash(at)))
		}
		found = append(found, d)
		for next := range p.Dependencies {
			visit(at, next)
		}
	}
	visit("", "svelte") // its runtime is imported by what the compiler writes
	for _, name := range imported {
		visit("", name)
	}
	return sorted(found), nil
}

// find returns where a package is that is imported from a folder: the nearest
// node_modules going up.
func (l lockFile) find(folder, name string) (string, bool) {
	for {
		at := strings.TrimPrefix(folder+"/node_modules/"+name, "/")
		if _, ok := l.Packages[at]; ok {
			return at, true
		}
		if folder == "" {
			return "", false
		}
		parent := strings.LastIndex(folder, "/node_modules/")
		folder = folder[:max(parent, 0)]
	}
}

// importedPackages returns the packages that the sources of a folder import.
func importedPackages(folder string) ([]string, error) {
	pattern := regexp.MustCompile(`(?:from|import|@import)\s*\(?\s*['"]((?:@[\w.-]+/)?[\w][\w.-]*)[^'"]*['"]`)
	var names []string
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		extension := filepath.Ext(name)
		if err != nil || entry.IsDir() || strings.Contains(name, ".test.") || !slices.Contains([]string{".ts", ".js", ".svelte", ".css"}, extension) {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, match := range pattern.FindAllStringSubmatch(string(text), -1) {
			names = append(names, match[1])
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

func acceptedInBundle(licence string) bool {
	return slices.Contains([]string{
		"MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "CC0-1.0", "Unlicense",
		"OFL-1.1", // fonts
		"MPL-2.0", "BlueOak-1.0.0",
	}, licence)
}
