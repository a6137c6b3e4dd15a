// Command dependencies lists what is linked into the program or bundled into
// the interface, with the licence of each, and ends with 1 when a licence is
// not compatible with ours.
//
//	go run ./dependencies
package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	program := flag.String("program", "../dist/unity", "the built program")
	web := flag.String("web", "../web", "the folder of the interface, with its lock file")
	write := flag.String("write", "../docs/generated/dependencies.md", "the document to write")
	flag.Parse()
	if err := run(*program, *web, *write); err != nil {
		fmt.Fprintln(os.Stderr, "dependencies:", err)
		os.Exit(1)
	}
}

// dependency is a module or package of others that users get with Unity.
type dependency struct {
	name    string
	licence string // an SPDX identifier, or "" when it is none we accept
	detail  string // where the licence was looked for
}

func run(program, web, write string) error {
	linked, err := linkedModules(program)
	if err != nil {
		return err
	}
	bundled, err := bundledPackages(web)
	if err != nil {
		return err
	}
	var refused []error
	for _, d := range slices.Concat(linked, bundled) {
		if d.licence == "" {
			refused = append(refused, fmt.Errorf("%s: no licence that we know to be compatible with MIT: %s", d.name, d.detail))
		}
	}
	if err := errors.Join(refused...); err != nil {
		return err
	}

	fmt.Printf("%d modules linked, %d packages bundled, all licences compatible\n", len(linked), len(bundled))
	return os.WriteFile(write, document(linked, bundled), 0o644)
}

// linkedModules reads the modules out of the program, and their licences out of
// the module cache.
func linkedModules(program string) ([]dependency, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	arguments := []string{"list", "-m", "-json"}
	for _, module := range info.Deps {
		arguments = append(arguments, module.Path)
	}
	command := exec.Command("go", arguments...) //nolint:noctx // ends with this program
	command.Dir = ".."
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the modules' folders: %w", err)
	}

	var found []dependency
	decoder := json.NewDecoder(bytes.NewReader(output))
	for decoder.More() {
		var module struct{ Path, Version, Dir string }
		if err := decoder.Decode(&module); err != nil {
			return nil, err
		}
		licence, detail := licenceIn(module.Dir)
		found = append(found, dependency{name: module.Path, licence: licence, detail: detail})
	}
	return sorted(found), nil
}

// licenceIn recognises the licence that lies in a folder.
func licenceIn(folder string) (licence, detail string) {
	var seen []string
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "License*", "license*", "COPYING*", "UNLICENSE*"} {
		files, _ := filepath.Glob(filepath.Join(folder, pattern)) // the patterns are well formed
		for _, file := range files {
			text, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) || err != nil {
				continue
			}
			if licence := recognise(string(text)); licence != "" {
				return licence, file
			}
			seen = append(seen, file)
		}
	}
	return "", cmp.Or(strings.Join(seen, ", "), "nothing in "+folder)
}

// recognise returns the SPDX identifier of a licence text that is compatible
// with ours, or "".
func recognise(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	has := func(parts ...string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
	}
	switch {
	case has("apache license", "version 2.0"):
		return "Apache-2.0"
	case has("mozilla public license", "2.0"):
		return "MPL-2.0" // its copyleft ends at its own files, which we do not change
	case has("redistribution and use in source and binary forms", "neither the name"),
		has("redistribution and use in source and binary forms", "may not be used to endorse"),
		has("redistribution and use in source and binary forms", "may be used to endorse"):
		return "BSD-3-Clause"
	case has("redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	case has("permission is hereby granted, free of charge", "the software is provided \"as is\""):
		return "MIT"
	case has("permission to use, copy, modify, and", "distribute this software for any purpose"):
		return "ISC"
	case has("this is free and unencumbered software released into the public domain"):
		return "Unlicense"
	case has("cc0 1.0 universal"):
		return "CC0-1.0"
	default:
		return ""
	}
}

func sorted(found []dependency) []dependency {
	slices.SortFunc(found, func(a, b dependency) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(found, func(a, b dependency) bool { return a.name == b.name })
}

func document(linked, bundled []dependency) []byte {
	var b bytes.Buffer
	b.WriteString("# What is in the program besides ours\n\n")
	b.WriteString("Generated from the built program (Linux, amd64) and the lock file of the interface by `make generate`; do not edit.\n")
	b.WriteString("A line that appears here is a new dependency that users get: look at it in the review.\n\n")
	b.WriteString("## Linked\n\n| module | licence |\n| --- | --- |\n")
	for _, d := range linked {
		fmt.Fprintf(&b, "| `%s` | %s |\n", d.name, d.licence)
	}
	b.WriteString("\n## Bundled into the interface\n\n")
	if len(bundled) == 0 {
		b.WriteString("Nothing.\n")
		return b.Bytes()
	}
	b.WriteString("| package | licence |\n| --- | --- |\n")
	for _, d := range bundled {
		fmt.Fprintf(&b, "| `%s` | %s |\n", d.name, d.licence)
	}
	return b.Bytes()
}
