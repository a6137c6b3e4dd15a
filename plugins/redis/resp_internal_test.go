package redis

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin/peer"
)

func TestAnswersAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]reply{
		"+PONG\r\n":                       {kind: '+', text: "PONG"},
		"-ERR no\r\n":                     {kind: '-', text: "ERR no"},
		":-42\r\n":                        {kind: ':', number: -42},
		"$5\r\na\r\nbc\r\n":               {kind: '$', number: 5, text: "a\r\nbc"},
		"$0\r\n\r\n":                      {kind: '$'},
		"$-1\r\n":                         {},
		"*-1\r\n":                         {},
		"*0\r\n":                          {kind: '*', list: []reply{}},
		"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n":   {kind: '*', number: 2, list: []reply{{kind: ':', number: 1}, {kind: '*', number: 1, list: []reply{{kind: '$', number: 1, text: "x"}}}}},
		"+line ended by the feed alone\n": {kind: '+', text: "line ended by the feed alone"},
	} {
		got, err := readReply(newReader(strings.NewReader(text)))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(reply{})); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestAnswersThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range oddReplies() {
		got, err := readReply(newReader(strings.NewReader(text)))
		if err == nil {
			t.Errorf("%s: taken as %+v", name, got)
		}
		odd := (*peer.Malformed)(nil)
		if !errors.As(err, &odd) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkOddReplies shows what is set aside for answers that claim to be far
// longer than they are.
func BenchmarkOddReplies(b *testing.B) {
	for name, text := range oddReplies() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readReply(newReader(strings.NewReader(text))); err == nil {
					b.Fatal("it is taken for an answer")
				}
			}
		})
	}
}

// oddReplies are what is no answer, by what is odd about it.
func oddReplies() map[string]string {
	return map[string]string{
		"a text longer than memory":       "$4000000000000000000\r\nabc",
		"a text longer than is taken":     "$17000000\r\n" + strings.Repeat("x", 100),
		"a text within bounds, cut":       "$16000000\r\nabc",
		"a list longer than memory":       "*4000000000000000000\r\n",
		"a list within bounds, cut":       "*200000\r\n:1\r\n",
		"lists in lists":                  strings.Repeat("*1\r\n", 1000),
		"many lists that are long":        strings.Repeat("*100000\r\n", 1000),
		"a line without an end":           "+" + strings.Repeat("x", 1<<20),
		"a number that is none":           ":1e9\r\n",
		"a length below minus one":        "$-2\r\n",
		"a text that goes on":             "$3\r\nabcdef\r\n",
		"an answer of version 3":          "%1\r\n+a\r\n+b\r\n",
		"a word of another protocol":      "HTTP/1.1 400 Bad Request\r\n",
		"a word without an end":           "220 mail.lan ESMTP",
		"an alert of TLS":                 "\x15\x03\x01\x00\x02\x02\x46",
		"nothing":                         "",
		"an empty line":                   "\r\n",
		"a length without the text":       "$5\r\n",
		"a number larger than any number": ":99999999999999999999\r\n",
	}
}

func FuzzReply(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "-ERR x\r\n", ":1\r\n", "$3\r\nabc\r\n", "*2\r\n$1\r\na\r\n:2\r\n", "*1\r\n*1\r\n*0\r\n", "$-1\r\n", "HTTP/1.1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		reader := newReader(strings.NewReader(string(data)))
		for {
			answer, err := readReply(reader)
			if err != nil {
				return
			}
			written(answer)
		}
	})
}

func FuzzCommand(f *testing.F) {
	f.Add("INFO", "all")
	f.Add("LLEN", "a key\r\n*1")
	f.Fuzz(func(t *testing.T, name, argument string) {
		got, err := readReply(bufio.NewReaderSize(strings.NewReader(string(appendCommand(nil, name, argument))), maxLineBytes))
		if err != nil || len(got.list) != 2 || got.list[0].text != name || got.list[1].text != argument {
			t.Errorf("%q %q came back as %+v: %v", name, argument, got, err)
		}
	})
}
