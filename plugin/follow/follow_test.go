package follow_test

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/follow"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// program writes a log and rotates it. Each change is a second after the one
// before, by the times that files bear.
type program struct {
	t     *testing.T
	name  string
	clock time.Time
	lines []string // all that were written
}

func newProgram(t *testing.T) *program {
	t.Helper()
	return &program{t: t, name: filepath.Join(t.TempDir(), "app.log"), clock: time.Unix(1_700_000_000, 0)}
}

// write adds whole lines to the log.
func (p *program) write(n int) { p.t.Helper(); p.writeTo(p.name, n) }

func (p *program) writeTo(name string, n int) {
	p.t.Helper()
	for range n {
		line := fmt.Sprintf("%s line %06d of the test", p.clock.UTC().Format(time.DateTime), len(p.lines))
		p.lines = append(p.lines, line)
		p.add(name, line+"\n")
	}
}

// add adds a text as it is.
func (p *program) add(name, text string) {
	p.t.Helper()
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	p.must(err)
	_, err = file.WriteString(text)
	p.must(errors.Join(err, file.Close()))
	p.touch(name)
}

func (p *program) touch(name string) {
	p.t.Helper()
	p.clock = p.clock.Add(time.Second)
	p.must(os.Chtimes(name, p.clock, p.clock))
}

func (p *program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// shift makes room for the next earlier generation.
func (p *program) shift() {
	p.t.Helper()
	for n := 20; n > 0; n-- {
		for _, ending := range []string{"", ".gz"} {
			err := os.Rename(fmt.Sprintf("%s.%d%s", p.name, n, ending), fmt.Sprintf("%s.%d%s", p.name, n+1, ending))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				p.t.Fatal(err)
			}
		}
	}
}

func (p *program) rename() {
	p.t.Helper()
	p.shift()
	p.must(os.Rename(p.name, p.name+".1"))
}

func (p *program) copyTruncate() {
	p.t.Helper()
	p.shift()
	text, err := os.ReadFile(p.name)
	p.must(err)
	p.must(os.WriteFile(p.name+".1", text, 0o600))
	p.touch(p.name + ".1")
	p.must(os.Truncate(p.name, 0))
	p.touch(p.name)
}

// compress packs the latest earlier generation, which keeps its time.
func (p *program) compress() {
	p.t.Helper()
	name := p.name + ".1"
	info, err := os.Stat(name)
	p.must(err)
	text, err := os.ReadFile(name)
	p.must(err)
	file, err := os.Create(name + ".gz")
	p.must(err)
	packer := gzip.NewWriter(file)
	_, err = packer.Write(text)
	p.must(errors.Join(err, packer.Close(), file.Close()))
	p.must(os.Chtimes(name+".gz", info.ModTime(), info.ModTime()))
	p.must(os.Remove(name))
}

// reader follows what the program writes.
type reader struct {
	t       *testing.T
	options follow.Options
	*follow.Follower
	places *follow.Places
	got    []string
	report follow.Report
}

func newReader(t *testing.T, o follow.Options) *reader {
	t.Helper()
	o.Files = hostfs.New(hostfs.Options{})
	r := &reader{t: t, options: o, Follower: follow.New(o)}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func (r *reader) read() []string {
	r.t.Helper()
	var lines []string
	places, report, err := r.Read(r.t.Context(), r.places, func(_ string, text []byte) { lines = append(lines, string(text)) })
	if err != nil {
		r.t.Fatal(err)
	}
	r.report = report
	for _, file := range report.Files {
		if file.Err != nil {
			r.t.Fatal(file.Err)
		}
	}
	r.places = kept(r.t, places)
	r.got = append(r.got, lines...)
	return lines
}

// kept returns places as they come back from where they were kept.
func kept(t *testing.T, places *follow.Places) *follow.Places {
	t.Helper()
	raw, err := json.Marshal(places)
	if err != nil {
		t.Fatal(err)
	}
	var back follow.Places
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

// restart forgets all but the places.
func (r *reader) restart() {
	r.t.Helper()
	_ = r.Close()
	r.Follower = follow.New(r.options)
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("lines (- want, + got):\n%s", difference)
	}
}

func TestOnlyWhatIsAddedIsRead(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write(3)
	r := newReader(t, follow.Options{Paths: []string{p.name}})
	same(t, r.read(), nil)
	p.write(2)
	same(t, r.read(), p.lines[3:])
	same(t, r.read(), nil)
	if file := r.report.Files[0]; file.Lag != 0 || file.Size == 0 || file.Modified.IsZero() {
		t.Errorf("of the file it is said: %+v", file)
	}
	start := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true})
	same(t, start.read(), p.lines)
}

func TestHalfLinesWait(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.add(p.name, "begun before")
	r := newReader(t, follow.Options{Paths: []string{p.name}})
	r.read()
	p.add(p.name, " anybody looked\nwhole\nhal")
	same(t, r.read(), []string{"whole"})
	same(t, r.read(), nil)
	r.restart()
	p.add(p.name, "f\r\n")
	same(t, r.read(), []string{"half"})
}

func TestRotationLosesNothing(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]func(*program){
		"renamed":                   func(p *program) { p.rename() },
		"copied and emptied":        func(p *program) { p.copyTruncate() },
		"renamed and compressed":    func(p *program) { p.rename(); p.compress() },
		"copied and compressed":     func(p *program) { p.copyTruncate(); p.compress() },
		"renamed and written to":    func(p *program) { p.rename(); p.writeTo(p.name+".1", 2) },
		"renamed twice":             func(p *program) { p.rename(); p.write(2); p.rename() },
		"copied twice":              func(p *program) { p.copyTruncate(); p.write(2); p.copyTruncate() },
		"renamed and compressed, 2": func(p *program) { p.rename(); p.write(2); p.compress(); p.rename(); p.compress() },
		"moved with another name": func(p *program) {
			p.must(os.Rename(p.name, filepath.Join(filepath.Dir(p.name), "saved")))
		},
	} {
		for _, restarted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarted %t", name, restarted), func(t *testing.T) {
				t.Parallel()
				p := newProgram(t)
				r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true})
				p.write(5)
				r.read()
				p.write(3)
				if restarted {
					r.restart()
				}
				rotate(p)
				p.write(2)
				r.read()
				for range 4 {
					p.write(1)
					r.read()
				}
				same(t, r.got, p.lines)
				if r.report.Files[0].Lost != 0 {
					t.Error("something is said to be lost")
				}
				if n := len(r.places.Files[p.name]); n != 1 {
					t.Errorf("%d generations are kept", n)
				}
			})
		}
	}
}

func TestARestThatIsWrittenLateIsReadFirst(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true})
	p.write(2)
	r.read()
	p.rename()
	p.write(1)
	same(t, r.read(), p.lines[2:])
	p.writeTo(p.name+".1", 1)
	p.add(p.name+".1", "without an end")
	p.write(1)
	same(t, r.read(), p.lines[3:])
	same(t, r.read(), nil)
	same(t, r.read(), []string{"without an end"})
	same(t, r.read(), nil)
}

func TestADeletedFileIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true})
	p.write(2)
	r.read()
	p.write(2)
	p.must(os.Remove(p.name))
	same(t, r.read(), p.lines[2:])
	p.write(2)
	same(t, r.read(), p.lines[4:])
	r.read()
	r.restart()
	p.must(os.Remove(p.name))
	p.write(1)
	same(t, r.read(), p.lines[6:])
	if lost := r.report.Files[0].Lost; lost > 1 {
		t.Errorf("%d generations are said to be lost", lost)
	}
}

func TestNewFilesAreReadFromTheirStart(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	folder := filepath.Dir(p.name)
	p.write(1)
	r := newReader(t, follow.Options{Paths: []string{filepath.Join(folder, "**", "*.log"), filepath.Join(folder, "fixed")}})
	lines := func() []string {
		t.Helper()
		var got []string
		places, report, err := r.Read(t.Context(), r.places, func(path string, text []byte) {
			got = append(got, filepath.Base(path)+": "+string(text))
		})
		if err != nil {
			t.Fatal(err)
		}
		r.places, r.report = kept(t, places), report
		return got
	}
	same(t, lines(), nil)
	if missing := r.report.Files[1]; fault.Of(missing.Err) != fault.NotFound || fault.Hint(missing.Err) == "" {
		t.Errorf("of a file that is not there it is said: %v", missing.Err)
	}
	p.must(os.MkdirAll(filepath.Join(folder, "deep", "er"), 0o700))
	p.add(filepath.Join(folder, "deep", "er", "new.log"), "one\n")
	p.add(filepath.Join(folder, "fixed"), "two\n")
	p.add(filepath.Join(folder, "other"), "three\n")
	p.add(filepath.Join(folder, "new.log.1"), "four\n")
	p.add(filepath.Join(folder, "packed.log.gz"), "five\n")
	same(t, lines(), []string{"new.log: one", "fixed: two"})
	// A name that the pattern matches, too.
	p.must(os.Rename(p.name, filepath.Join(folder, "app-1.log")))
	p.add(filepath.Join(folder, "app-1.log"), "six\n")
	p.add(p.name, "seven\n")
	same(t, lines(), []string{"app-1.log: six", "app.log: seven"})
	same(t, lines(), nil)
	// Files that other paths stand for are not new.
	p.add(filepath.Join(folder, "other"), "eight\n")
	r.options.Paths = append(r.options.Paths, filepath.Join(folder, "other"))
	r.restart()
	p.add(p.name, "nine\n")
	same(t, lines(), []string{"app.log: nine"})
}

func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true, MaxLineBytes: 1000})
	p.add(p.name, "before\n"+strings.Repeat("a", 1_000_000))
	same(t, r.read(), []string{"before", strings.Repeat("a", 1000)})
	r.restart()
	p.add(p.name, strings.Repeat("a", 1_000_000)+"\n"+strings.Repeat("b", 2000)+"\nafter\n")
	same(t, r.read(), []string{strings.Repeat("b", 1000), "after"})
	if cut := r.report.Files[0].Cut; cut != 1 {
		t.Errorf("%d lines were cut", cut)
	}
}

func TestWhatIsTooMuchIsReadNextTime(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true, MaxReadBytes: 1000})
	p.write(1)
	r.read()
	p.write(40)
	p.rename()
	p.write(40)
	p.rename()
	p.write(40)
	r.read()
	if r.report.Files[0].Lag == 0 {
		t.Error("nothing is left to be read")
	}
	for range 10 {
		r.restart()
		r.read()
	}
	same(t, r.got, p.lines)
	if r.report.Files[0].Lag != 0 {
		t.Error("something is left to be read")
	}
}

func TestASlowReadEndsInTimeAndGoesOn(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true})
	const lines = 40_000
	p.add(p.name, strings.Repeat("a line of the test that is as long as lines of logs are\n", lines))
	got, runs := 0, 0
	for ; got < lines && runs < 10; runs++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		places, report, err := r.Read(soon{ctx, runs == 0}, r.places, func(string, []byte) { got++ })
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if runs == 0 && report.Files[0].Lag == 0 {
			t.Error("nothing is left, although the time was up")
		}
		r.places = kept(t, places)
	}
	if got != lines || runs != 2 {
		t.Errorf("%d of %d lines in %d runs", got, lines, runs)
	}
}

// soon is a context whose end is said to have come, and has not.
type soon struct {
	context.Context //nolint:containedctx // it is one

	is bool
}

func (s soon) Deadline() (time.Time, bool) {
	if s.is {
		return time.Now(), true
	}
	return s.Context.Deadline()
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	wide := func(order binary.AppendByteOrder, text string) string {
		var out []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
	for _, test := range []struct {
		encoding follow.Encoding
		text     string
		want     []string
	}{
		{follow.UTF8, "\ufeffzwölf\nbad \xff\xfe\n", []string{"zwölf", "bad \xff\xfe"}},
		{follow.Latin1, "zw\xf6lf\n", []string{"zwölf"}},
		{follow.UTF16LE, wide(binary.LittleEndian, "\ufeffzwölf ☃\r\nਊ\n"), []string{"zwölf ☃", "ਊ"}},
		{follow.UTF16BE, wide(binary.BigEndian, "zwölf ☃\nਊ\n"), []string{"zwölf ☃", "ਊ"}},
	} {
		p := newProgram(t)
		r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true, Encoding: test.encoding})
		p.add(p.name, test.text)
		same(t, r.read(), test.want)
		p.add(p.name, test.text[:3])
		r.read()
		p.add(p.name, test.text[3:])
		if got := r.read(); len(got) != len(test.want) {
			t.Errorf("%s: in two parts it reads %q", test.encoding, got)
		}
	}
}

func TestWhatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.add(p.name, "text\x00and more\n")
	r := newReader(t, follow.Options{Paths: []string{p.name, filepath.Dir(p.name)}})
	_, report, err := r.Read(t.Context(), nil, func(string, []byte) { t.Error("a line was told") })
	if err != nil || len(report.Files) != 2 {
		t.Fatal(report, err)
	}
	for _, file := range report.Files {
		if fault.Of(file.Err) != fault.Unsupported {
			t.Errorf("of %s it is said: %v", file.Path, file.Err)
		}
	}
}

func TestTooManyFilesAreCounted(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, name := range []string{"a.log", "b.log", "c.log"} {
		p.add(filepath.Join(filepath.Dir(p.name), name), "x\n")
	}
	r := newReader(t, follow.Options{Paths: []string{filepath.Dir(p.name) + "/*"}, MaxFiles: 2})
	r.read()
	if len(r.report.Files) != 2 || r.report.More != 1 {
		t.Errorf("%d files, and %d more", len(r.report.Files), r.report.More)
	}
}

// The program is killed, at any moment, in each of 50 rounds: what it kept last
// is all that is left of it, and what it had told since is as if never told.
func TestNothingIsToldTwiceOrMissedWhenKilled(t *testing.T) {
	t.Parallel()
	const rounds = 50
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	p := newProgram(t)
	r := newReader(t, follow.Options{Paths: []string{p.name}, FromStart: true, MaxReadBytes: 5000})
	p.write(1)
	r.read()
	for range rounds {
		for range random.IntN(4) {
			p.write(random.IntN(40))
			switch random.IntN(8) {
			case 0:
				p.rename()
				if random.IntN(2) == 0 {
					p.writeTo(p.name+".1", 1)
				}
				p.write(1)
			case 1:
				p.copyTruncate()
				p.write(1)
			case 2:
				p.rename()
				p.compress()
				p.write(1)
			}
		}
		if random.IntN(3) == 0 {
			r.read()
			continue
		}
		places, got := r.places, slices.Clone(r.got)
		r.read()
		r.places, r.got = places, got
		r.restart()
	}
	for range 200 {
		r.read()
	}
	slices.Sort(r.got)
	want := slices.Sorted(slices.Values(p.lines))
	if difference := cmp.Diff(want, r.got); difference != "" {
		t.Errorf("seed %d: lines (- written, + told):\n%s", seed, difference)
	}
}
