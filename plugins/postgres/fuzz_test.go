package postgres_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/postgres"
)

// recorded are the answers of a case, by question.
func recorded(tb testing.TB, name string) map[string][]byte {
	tb.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		tb.Fatal(err)
	}
	answers := make(map[string][]byte)
	for _, section := range archive.Files {
		if question, ok := strings.CutPrefix(section.Name, "answer "); ok {
			answers[question] = section.Data
		}
	}
	return answers
}

// answering is a host on which a server gives the answers.
func answering(answers map[string][]byte) plugin.Host {
	return plugin.Host{
		Name: "testhost", Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer func() { _ = server.Close() }()
				serve(server, func(question string) ([]byte, error) {
					if answer, there := answers[question]; there {
						return answer, nil
					}
					return nil, os.ErrNotExist
				})
			}()
			return client, nil
		},
	}
}

// Whatever a server answers to one of the questions, nothing panics and every
// fault has a kind.
func FuzzAnswers(f *testing.F) {
	answers := recorded(f, "postgresql-18")
	for question, answer := range answers {
		f.Add(question, answer)
	}
	f.Add("server", []byte("version_num\n-1\n"))
	f.Add("databases", []byte("db\txid_age\n\\N\t1e400\nx\n"))
	f.Add("blocked", []byte("ERROR 4 x"))
	f.Fuzz(func(t *testing.T, question string, answer []byte) {
		bent := make(map[string][]byte, len(answers))
		for other, usual := range answers {
			bent[other] = usual
		}
		bent[question] = answer
		p := postgres.Plugin()
		config := json.RawMessage(`{"collect_table_stats": true, "collect_query_stats": true, "tls": "disable"}`)
		c, err := p.Open(t.Context(), config, answering(bent))
		if err != nil {
			t.Fatal(err)
		}
		batch, problems := plugin.NewBatch(p), []error(nil)
		if err := c.Collect(t.Context(), batch); err != nil {
			problems = append(problems, err)
		}
		for _, problem := range append(problems, batch.Problems()...) {
			if fault.Of(problem) == fault.Internal {
				t.Errorf("a fault without a kind: %v", problem)
			}
		}
		if closer, ok := c.(io.Closer); ok {
			_ = closer.Close()
		}
	})
}
