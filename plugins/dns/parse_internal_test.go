package dns

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"
)

func TestBucketsCountOnWhenTheyMove(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps [][]float64
		want  float64
	}{
		"nothing is counted at first": {[][]float64{{5, 6, 7}}, 0},
		"the last one grows":          {[][]float64{{5, 6, 7}, {5, 6, 9}}, 2},
		"an hour passes":              {[][]float64{{5, 6, 7}, {6, 10, 2}}, 5},
		"two hours pass":              {[][]float64{{5, 6, 7}, {8, 3, 4}}, 8},
		"more than the window passes": {[][]float64{{5, 6, 7}, {1, 2, 3}}, 0},
		"nothing happens":             {[][]float64{{0, 0, 0}, {0, 0, 0}, {0, 0, 4}, {0, 4, 1}}, 5},
		"another window":              {[][]float64{{5, 6, 7}, {5, 6, 7, 8}, {5, 6, 7, 9}}, 1},
		"the statistics are cleared":  {[][]float64{{5, 6, 7}, {0, 0, 0}, {0, 0, 3}}, 3},
	} {
		var b buckets
		got := 0.0
		for _, step := range c.steps {
			got = b.add(step)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestMinutesCountOnByTheirLabels(t *testing.T) {
	t.Parallel()
	var m minutes
	for i, step := range []struct {
		labels []string
		values []float64
		want   float64
	}{
		{[]string{"12:00", "12:01"}, []float64{5, 2}, 0},
		{[]string{"12:00", "12:01"}, []float64{5, 6}, 4},
		{[]string{"12:01", "12:02"}, []float64{7, 1}, 6},
		{[]string{"14:00", "14:01"}, []float64{3, 3}, 12},
		{nil, nil, 12},
	} {
		if got := m.add(step.labels, step.values); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}

func TestNamesAreAskedForAsTheyStandInTheDNS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"example.org": "example.org.", "example.org.": "example.org.", ".": ".", "münchen.example": "xn--mnchen-3ya.example.", "_dmarc.example.org": "_dmarc.example.org.",
	} {
		name, err := questionName(text)
		if err != nil || name.String() != want {
			t.Errorf("%s: %s, %v", text, name, err)
		}
	}
}

// answerTo is the answer of a server that knows one address.
func answerTo(tb testing.TB, q dnsmessage.Question, id uint16) []byte {
	tb.Helper()
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: id, Response: true}, Questions: []dnsmessage.Question{q},
		Answers: []dnsmessage.Resource{
			{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: [4]byte{192, 168, 1, 10}}},
			{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.TXTResource{TXT: []string{"other"}}},
		},
	}
	raw, err := m.Pack()
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestAnAnswerToAnotherQuestionIsNotTaken(t *testing.T) {
	t.Parallel()
	name, err := questionName("nas.lab.test")
	if err != nil {
		t.Fatal(err)
	}
	q := dnsmessage.Question{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	raw := answerTo(t, q, 7)
	r, err := parseReply(raw, 7, q)
	if diff := cmp.Diff([]string{"192.168.1.10"}, r.answers); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
	if _, err := parseReply(raw, 8, q); err == nil {
		t.Error("another number is taken")
	}
	q.Type = dnsmessage.TypeAAAA
	if _, err := parseReply(raw, 7, q); err == nil {
		t.Error("another type is taken")
	}
}

func FuzzParseReply(f *testing.F) {
	name, err := questionName("nas.lab.test")
	if err != nil {
		f.Fatal(err)
	}
	for _, of := range recordTypes() {
		q := dnsmessage.Question{Name: name, Type: of, Class: dnsmessage.ClassINET}
		f.Add(answerTo(f, q, 7), uint16(of))
	}
	f.Fuzz(func(_ *testing.T, raw []byte, of uint16) {
		for _, class := range []dnsmessage.Class{dnsmessage.ClassINET, dnsmessage.ClassCHAOS} {
			r, err := parseReply(raw, 7, dnsmessage.Question{Name: name, Type: dnsmessage.Type(of), Class: class})
			if err == nil {
				_ = r.text()
			}
		}
	})
}

func FuzzParseStats(f *testing.F) {
	f.Add("total.num.queries=12\nmem.cache.rrset=66072\nhistogram.000000.000000.to.000000.000001=0\n")
	f.Add("error unknown command\n")
	f.Add("total.num.queries=NaN\n=\n==\n")
	f.Fuzz(func(t *testing.T, text string) {
		for key, value := range parseStats(text) {
			if value != value {
				t.Errorf("%s is no number", key)
			}
		}
	})
}
