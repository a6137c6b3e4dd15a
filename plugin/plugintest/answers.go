package plugintest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// FuzzAnswers changes one answer of a case at a time: whatever a server answers,
// nothing panics and every fault has a kind. More seeds are pairs of a question and
// its answer.
func FuzzAnswers(f *testing.F, p plugin.Plugin, serve Protocol, name, config string, seeds ...[2]string) {
	f.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		f.Fatal(err)
	}
	answers := make(map[string][]byte)
	for _, section := range archive.Files {
		if question, ok := strings.CutPrefix(section.Name, "answer "); ok {
			answers[question] = section.Data
			f.Add(question, section.Data)
		}
	}
	for _, seed := range seeds {
		f.Add(seed[0], []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, question string, answer []byte) {
		bent := maps.Clone(answers)
		bent[question] = answer
		// In a bubble, where waiting for what never comes takes no time.
		synctest.Test(t, func(t *testing.T) { mustEndWell(t, p, config, answering(serve, bent)) })
	})
}

// mustEndWell collects once, and wants a kind of every problem.
func mustEndWell(t *testing.T, p plugin.Plugin, config string, host plugin.Host) {
	t.Helper()
	c, err := p.Open(t.Context(), json.RawMessage(config), host)
	if err != nil {
		t.Fatal(err)
	}
	batch := plugin.NewBatch(p)
	problems := append([]error{c.Collect(t.Context(), batch)}, batch.Problems()...)
	for _, problem := range problems {
		if fault.Of(problem) == fault.Internal {
			t.Errorf("a fault without a kind: %v", problem)
		}
	}
	if closer, ok := c.(io.Closer); ok {
		_ = closer.Close() // what answered may have hung up
	}
}

// answering is a host on which a server gives the answers.
func answering(serve Protocol, answers map[string][]byte) plugin.Host {
	return plugin.Host{
		Name: "testhost", Log: slog.New(slog.DiscardHandler), Now: time.Now, State: new(memory),
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer func() { _ = server.Close() }()
				serve(server, func(question string) ([]byte, error) {
					if answer, there := answers[question]; there {
						return answer, nil
					}
					return nil, ErrNotInCase
				})
			}()
			return client, nil
		},
	}
}
