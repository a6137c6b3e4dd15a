package redis

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnAnswerIsReadAsItWasSent(t *testing.T) {
	t.Parallel()
	r := bufio.NewReaderSize(strings.NewReader("+OK\r\n-ERR no\r\n:7\r\n$2\r\nhi\r\n$-1\r\n*2\r\n$1\r\na\r\n*0\r\n"), maxLineBytes)
	want := []reply{
		{kind: '+', text: "OK"},
		{kind: '-', text: "ERR no"},
		{kind: ':', text: "7"},
		{kind: '$', text: "hi"},
		{},
		{kind: '*', list: []reply{{kind: '$', text: "a"}, {kind: '*'}}},
	}
	for _, each := range want {
		got, err := readReply(r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(each, got, cmp.AllowUnexported(reply{})); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	}
	if got := string(appendCommand(nil, []string{"SET", "größe", ""})); got != "*3\r\n$3\r\nSET\r\n$7\r\ngröße\r\n$0\r\n\r\n" {
		t.Errorf("a command is %q", got)
	}
}

func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "-ERR\r\n", ":1\r\n", "$3\r\nabc\r\n", "*2\r\n$1\r\na\r\n:1\r\n", "$99999999999\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := bufio.NewReaderSize(strings.NewReader(text), maxLineBytes)
		for {
			answer, err := readReply(r)
			if err != nil {
				return
			}
			if len(answer.text) > len(text) || len(answer.list) > len(text) {
				t.Errorf("more was read than there is: %+v", answer)
			}
		}
	})
}

func FuzzReadShared(f *testing.F) {
	f.Add(`{"origin":"b","group":"home","source":"nas","time":"2026-01-01T00:00:00Z","samples":[{"name":"a","labels":{"b":"c"},"value":1}],` +
		`"run":{"start":"2026-01-01T00:00:00Z","outcome":"success"},"status":{"status":"healthy"},"events":[{"id":1,"title":"x"}]}`)
	f.Add(`{"origin":"a","group":"home"}`)
	f.Add(`[]`)
	m := &Mirror{origin: "a", group: "home"}
	f.Fuzz(func(t *testing.T, text string) {
		report, err := m.readShared(text)
		if err != nil || report == nil {
			return
		}
		if len(report.Samples) > 0 && report.Source.ID == "" {
			t.Errorf("samples of no source: %+v", report)
		}
	})
}
