package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLicencesAreRecognisedByTheirWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Apache License\n   Version 2.0, January 2004":                                                         "Apache-2.0",
		"Mozilla Public License, version 2.0":                                                                  "MPL-2.0",
		"Redistribution and use in source and\nbinary forms … Neither the name of":                             "BSD-3-Clause",
		"Redistribution and use in source and binary forms, with or":                                           "BSD-2-Clause",
		"Permission is hereby granted, free of charge … THE SOFTWARE IS PROVIDED \"AS IS\"":                    "MIT",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee": "ISC",
		"This is free and unencumbered software released into the public domain.":                              "Unlicense",
		"GNU AFFERO GENERAL PUBLIC LICENSE Version 3":                                                          "",
		"Business Source License 1.1":                                                                          "",
	} {
		if got := recognise(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestOnlyWhatTheInterfaceImportsIsBundled(t *testing.T) {
	t.Parallel()
	web := t.TempDir()
	write(t, filepath.Join(web, "package-lock.json"), `{"packages": {
		"": {"license": "MIT"},
		"node_modules/@scope/chart": {"license": "MIT", "dependencies": {"ticks": "1"}},
		"node_modules/@scope/chart/node_modules/ticks": {"license": "ISC"},
		"node_modules/ticks": {"license": "AGPL-3.0"},
		"node_modules/svelte": {"license": "MIT"},
		"node_modules/builder": {"license": "AGPL-3.0"}
	}}`)
	write(t, filepath.Join(web, "src", "page.svelte"), `<script>import { Chart } from '@scope/chart/line';</script>`)
	found, err := bundledPackages(web)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		got = append(got, d.name+" "+d.licence)
	}
	if want := []string{"@scope/chart MIT", "svelte MIT", "ticks ISC"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAStrictLicenceIsNotAccepted(t *testing.T) {
	t.Parallel()
	web := t.TempDir()
	write(t, filepath.Join(web, "package-lock.json"), `{"packages": {"node_modules/strict": {"license": "AGPL-3.0"}}}`)
	write(t, filepath.Join(web, "src", "main.ts"), `import 'strict';`)
	found, err := bundledPackages(web)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].licence != "" {
		t.Errorf("got %+v, want strict without an accepted licence", found)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderWithoutALicenceHasNone(t *testing.T) {
	t.Parallel()
	if licence, detail := licenceIn(t.TempDir()); licence != "" || detail == "" {
		t.Errorf("got %q, %q; want no licence and a reason", licence, detail)
	}
}
