package mysql_test

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
	"github.com/unity-homelab/unity/plugins/mysql"
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
	answers := recorded(f, "mysql-8.4")
	for question, answer := range answers {
		f.Add(question, answer)
	}
	f.Add("server", []byte("version\tcomment\taccount\n99.99.99-MariaDB\t\t\n"))
	f.Add("status", []byte("Variable_name\tValue\nwsrep_cluster_size\t-1\nwsrep_local_state\t1e300\n"))
	f.Add("tablespaces", []byte("name\tdata\n@zzzz@002d@00\t1\n"))
	f.Fuzz(func(t *testing.T, question string, answer []byte) {
		bent := make(map[string][]byte, len(answers))
		for other, usual := range answers {
			bent[other] = usual
		}
		bent[question] = answer
		p := mysql.Plugin()
		config := json.RawMessage(`{"collect_table_stats": true, "collect_query_digests": true, "tls": "disable", "query_timeout": "100ms"}`)
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
