package exposition_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/exposition"
)

func all(string) bool { return true }

func TestFiguresAreReadAsPrometheusDoes(t *testing.T) {
	t.Parallel()
	text := `# HELP x A thing.
# TYPE x counter
x{a="b",c="d \"e\" \\ \n"} 1.5
x 2 1700000000000
x{a="b"} NaN
x{a="b"} +Inf
x{a=b} 3
x{a="b" 3
other{a="b"} 9
alone
`
	read, err := exposition.Read(strings.NewReader(text), func(name string) bool { return name == "x" })
	if err != nil {
		t.Fatal(err)
	}
	want := exposition.Families{"x": {{Labels: map[string]string{"a": "b", "c": "d \"e\" \\ \n"}, Value: 1.5}, {Value: 2}}}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("families (-want +got):\n%s", diff)
	}
	if sum := read.Sum("x"); sum == nil || *sum != 3.5 {
		t.Errorf("the sum is %v", sum)
	}
	if sum := read.Sum("x", "a", "b"); sum == nil || *sum != 1.5 {
		t.Errorf("the sum of one is %v", sum)
	}
	if sum := read.Sum("x", "a", "none"); sum != nil {
		t.Errorf("the sum of nothing is %v", *sum)
	}
	if diff := cmp.Diff(map[string]float64{"b": 1.5}, read.By("x", "a")); diff != "" {
		t.Errorf("by label (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoFiguresIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "a web page": "<html>\n<body>", "a line without end": "x " + strings.Repeat("1", 128<<10),
	} {
		if read, err := exposition.Read(strings.NewReader(text), all); fault.Of(err) != fault.BadAnswer {
			t.Errorf("%s is taken for figures: %v, %v", name, read, err)
		}
	}
}

func TestAnAnswerThatBreaksOffKeepsItsFault(t *testing.T) {
	t.Parallel()
	for kind, err := range map[fault.Kind]error{
		fault.Timeout: fault.New(fault.Timeout, "no answer within 1s"), fault.BadAnswer: errors.New("it broke off"),
	} {
		if _, got := exposition.Read(iotest.ErrReader(err), all); fault.Of(got) != kind || !errors.Is(got, err) {
			t.Errorf("got %v, want %s", got, kind)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("# HELP x\nx{a=\"b\"} 1\nx 2 3\n")
	f.Add("x{a=\"\\")
	f.Add("storage_shard_disk_size{bucket=\"1\",id=\"2\"} 7.3e+06\n")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := exposition.Read(strings.NewReader(text), all)
		if err != nil {
			return
		}
		for name := range read {
			if name == "" || strings.ContainsAny(name, "{ \n") {
				t.Errorf("the name %q", name)
			}
			read.Sum(name)
			read.By(name, "a")
		}
	})
}
