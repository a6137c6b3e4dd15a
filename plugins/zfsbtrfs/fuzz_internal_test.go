package zfsbtrfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// seeds adds the recorded answers whose sections are called so.
func seeds(f *testing.F, part string, add func(text string)) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range txtar.Parse(text).Files {
			if strings.Contains(section.Name, part) {
				add(string(section.Data))
			}
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	seeds(f, "exec zpool status", func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range parseStatus([]byte(text), time.UTC) {
			if p.Name == "" {
				t.Fatal("a pool without a name")
			}
			for _, v := range p.Vdevs {
				if v.Name == "" || v.Group == v.Name && v.depth == 0 {
					t.Fatalf("a device %+v", v)
				}
				for _, n := range []*float64{v.Read, v.Write, v.Checksum, v.Slow} {
					if n != nil && !(*n >= 0) {
						t.Fatalf("%v errors", *n)
					}
				}
			}
			if s := p.Scan; s != nil && (s.Function == "" || s.State == "" || s.Progress != nil && !(*s.Progress >= 0 && *s.Progress <= 1)) {
				t.Fatalf("a scan %+v", *s)
			}
		}
	})
}

func FuzzParseLists(f *testing.F) {
	for _, part := range []string{"exec zpool list", "exec zfs list"} {
		seeds(f, part, func(text string) { f.Add(text) })
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range poolVariants() {
			for _, p := range parsePools([]byte(text), v.columns) {
				if p.Name == "" || p.Size != nil && !(*p.Size >= 0) {
					t.Fatalf("a pool %+v", p)
				}
			}
		}
		for _, v := range datasetVariants() {
			for _, d := range parseDatasets([]byte(text), v.columns) {
				if usage := d.quotaUsage(); d.Name == "" || usage != nil && !(*usage >= 0) {
					t.Fatalf("a dataset %+v", d)
				}
			}
		}
		for _, s := range parseSnapshots([]byte(text), []string{"name", "used", "creation"}, time.UTC) {
			if s.Count < 1 || s.Newest != nil && s.Newest.Before(*s.Oldest) {
				t.Fatalf("snapshots %+v", s)
			}
		}
	})
}

func FuzzParseScrub(f *testing.F) {
	seeds(f, "scrub.status", func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		r := parseScrub(text, time.Unix(1_772_366_400, 0))
		if r != nil && (r.Started == nil || r.State == "" || r.Ended != nil && r.Ended.Before(*r.Started)) {
			t.Fatalf("%q gives %+v", text, *r)
		}
	})
}

func FuzzParseSmallFiles(f *testing.F) {
	seeds(f, "arcstats", func(text string) { f.Add(text) })
	seeds(f, "error_stats", func(text string) { f.Add(text) })
	seeds(f, "device stats", func(text string) { f.Add(text) })
	f.Add(`a\040b\999 1 days 02:03:04 5h6m 1.5K 71% 1.35x`)
	f.Fuzz(func(t *testing.T, text string) {
		parseKstat([]byte(text))
		parseSysctl([]byte(text))
		for name, n := range parseErrors(text) {
			if !(n >= 0) {
				t.Fatalf("%v %s", n, name)
			}
		}
		if paths, err := parseDevices([]byte(text)); err == nil && paths == nil {
			t.Fatal("neither devices nor an error")
		}
		unescape(text)
		for _, word := range append(strings.Fields(text), text) {
			for _, n := range []*float64{size(word), part(word), times(word), span(word)} {
				if n != nil && !(*n >= 0) {
					t.Fatalf("%q is %v", word, *n)
				}
			}
		}
	})
}
