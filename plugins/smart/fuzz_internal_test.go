package smart

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func FuzzParseAnswer(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(text).Files {
			if strings.Contains(part.Name, "exec smartctl") {
				f.Add(part.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := parseAnswer(text)
		if err != nil {
			if fault.Of(err) != fault.BadAnswer {
				t.Fatalf("kind %s: %v", fault.Of(err), err)
			}
			return
		}
		a.asleep()
		a.complaint()
		c := &collector{config: defaults()}
		r := &reading{disk: newDisk(a, "/dev/sda", time.Unix(0, 0))}
		c.judge(r)
		if r.verdict == verdictFailing && len(r.warnings) == 0 {
			t.Fatal("it is failing, and nobody knows why")
		}
		if r.ID == "" || strings.ContainsAny(r.ID, " \t\n") {
			t.Fatalf("the disk is called %q", r.ID)
		}
		batch := plugin.NewBatch(Plugin())
		c.emit(r, time.Unix(0, 0), batch)
		if problems := batch.Problems(); len(problems) > 0 {
			t.Fatalf("problems with %s: %v", text, problems)
		}
		for _, s := range batch.Samples() {
			if s.Value < 0 && s.Name != "smart_device_temperature_celsius" && s.Name != "smart_device_exit_status" {
				t.Fatalf("%s is %v", s.Name, s.Value)
			}
		}
		if age := r.lastTestAge(); age != nil && (math.IsNaN(*age) || *age < 0) {
			t.Fatalf("the last test is %v old", *age)
		}
		if len(changes(r.disk, r.disk)) > 0 {
			t.Fatalf("a disk differs from itself: %v", changes(r.disk, r.disk))
		}
	})
}

func FuzzEMMCLife(f *testing.F) {
	f.Add("0x01 0x0b")
	f.Add("0x00 zz")
	f.Fuzz(func(t *testing.T, text string) {
		if used := emmcLife(text); used != nil && !(*used >= 0 && *used <= 1) {
			t.Fatalf("%q is %v", text, *used)
		}
	})
}
