package ups

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxLines bounds a list of NUT; a UPS has some hundred variables at most.
const maxLines = 5000

// nut asks upsd of Network UPS Tools.
type nut struct {
	link
	config   config
	security *tls.Config // nil when nothing is to be encrypted
	names    []string    // of the UPS that there were in the run before
	version  string
}

func newNUT(config config, host plugin.Host) (*nut, error) {
	address, _, err := config.address(portNUT)
	if err != nil {
		return nil, err
	}
	n := &nut{config: config, link: link{host: host, address: address, timeout: config.Timeout.Std()}}
	if config.StartTLS != tlsOff {
		if n.security, err = config.TLS.Config(); err != nil {
			return nil, err
		}
	}
	n.begin = n.logIn
	return n, nil
}

// logIn says on a new connection who we are. upsd says yes to whatever user and
// password it is told; it minds them when something is asked for that wants them.
func (n *nut) logIn(ctx context.Context) error {
	n.version = ""
	if n.security != nil {
		if err := n.encrypt(ctx); err != nil {
			return err
		}
	}
	if n.config.Username == "" {
		return nil
	}
	password, err := n.config.Password.Reveal()
	if err != nil {
		return err
	}
	if strings.ContainsAny(password, "\r\n") {
		return fault.New(fault.Config, "the password has a line break, which NUT cannot take")
	}
	for _, words := range [][]string{{"USERNAME", n.config.Username}, {"PASSWORD", quote(password)}} {
		answer, err := n.say(ctx, words...)
		if err != nil {
			return err
		}
		if !slices.Equal(answer, []string{"OK"}) {
			return &malformed{start: strings.Join(answer, " ")}
		}
	}
	return nil
}

// encrypt turns the connection into one of TLS.
func (n *nut) encrypt(ctx context.Context) error {
	answer, err := n.say(ctx, "STARTTLS")
	said := (*refusal)(nil)
	switch {
	case errors.As(err, &said) && n.config.StartTLS == tlsTry:
		return nil
	case errors.As(err, &said):
		return fault.New(fault.TLS, "STARTTLS at %s: the server does not encrypt (%s)", n.address, said.code).
			WithHint("set CERTFILE (or CERTPATH) in upsd.conf, or set starttls to try or off")
	case err != nil:
		return err
	case !slices.Equal(answer, []string{"OK", "STARTTLS"}):
		return &malformed{start: strings.Join(answer, " ")}
	}
	config := n.security.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(n.address)
	}
	secure := tls.Client(n.conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	n.use(secure)
	return nil
}

// quote writes a word as NUT reads it.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"\\#=") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// say sends one line and reads one, over the connection that there is.
func (n *nut) say(ctx context.Context, words ...string) ([]string, error) {
	line := strings.Join(words, " ")
	if _, err := n.conn.Write([]byte(line + "\n")); err != nil {
		return nil, err
	}
	raw, err := n.line()
	if err != nil {
		return nil, err
	}
	plugin.Observed(ctx, line, func() []byte { return []byte(raw + "\n") })
	answer, err := n.words(raw, words)
	if err == nil {
		n.answered = true
	}
	return answer, err
}

// line reads one line.
func (n *nut) line() (string, error) {
	raw, err := n.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", &malformed{start: string(raw)}
	}
	return strings.TrimRight(string(raw), "\r\n"), err
}

// words takes a line apart. A line that refuses is an error of type *refusal.
func (n *nut) words(raw string, asked []string) ([]string, error) {
	words, ok := split(raw)
	switch {
	case !ok || len(words) == 0:
		return nil, &malformed{start: raw}
	case words[0] == "ERR" && len(words) > 1:
		n.answered = true
		return nil, &refusal{command: asked, code: words[1], address: n.address}
	}
	return words, nil
}

// one asks for one line.
func (n *nut) one(ctx context.Context, words ...string) (answer string, err error) {
	err = n.exchange(ctx, func() error {
		answered, err := n.say(ctx, words...)
		answer = strings.Join(answered, " ")
		return err
	})
	return answer, err
}

// answer is a list, each line without what it shares with the question; or why
// there is none.
type answer struct {
	rows [][]string
	err  error
}

// list asks for one list.
func (n *nut) list(ctx context.Context, words ...string) ([][]string, error) {
	answers, err := n.lists(ctx, [][]string{words})
	if err != nil {
		return nil, err
	}
	return answers[0].rows, answers[0].err
}

// lists asks for several lists at once: upsd sends each line by itself, and with
// every list begins to wait until the lines before have arrived. What it refuses
// is in the answer.
func (n *nut) lists(ctx context.Context, questions [][]string) (answers []answer, err error) {
	var lines bytes.Buffer
	for _, words := range questions {
		lines.WriteString("LIST " + strings.Join(words, " ") + "\n")
	}
	err = n.exchange(ctx, func() error {
		answers = answers[:0]
		if _, err := n.conn.Write(lines.Bytes()); err != nil {
			return err
		}
		for _, words := range questions {
			rows, err := n.readList(ctx, words)
			if said := (*refusal)(nil); err != nil && !errors.As(err, &said) {
				return err
			}
			answers = append(answers, answer{rows, err})
		}
		return nil
	})
	return answers, err
}

func (n *nut) readList(ctx context.Context, words []string) ([][]string, error) {
	question := append([]string{"LIST"}, words...)
	var seen bytes.Buffer
	defer func() {
		plugin.Observed(ctx, strings.Join(question, " "), func() []byte { return seen.Bytes() })
	}()
	next := func() ([]string, error) {
		raw, err := n.line()
		if err != nil {
			return nil, err
		}
		seen.WriteString(raw + "\n")
		return n.words(raw, question)
	}
	first, err := next()
	if err != nil {
		return nil, err
	}
	if !slices.Equal(first, append([]string{"BEGIN"}, question...)) {
		return nil, &malformed{start: strings.Join(first, " ")}
	}
	n.answered = true
	end := append([]string{"END"}, question...)
	var rows [][]string
	for range maxLines {
		row, err := next()
		switch {
		case err != nil:
			return nil, err
		case slices.Equal(row, end):
			return rows, nil
		case len(row) <= len(words) || !slices.Equal(row[:len(words)], words):
			return nil, &malformed{start: strings.Join(row, " ")}
		}
		rows = append(rows, row[len(words):])
	}
	return nil, &malformed{start: fmt.Sprintf("more than %d lines", maxLines)}
}

// split takes a line of NUT apart: words, some of them in quotes, in which a
// backslash stands before a quote or another backslash. An open quote is none.
func split(line string) (words []string, ok bool) {
	var word strings.Builder
	inside, quoted, escaped := false, false, false
	for _, b := range []byte(line) { // bytes: whatever is no UTF-8 stays as it is
		switch {
		case escaped:
			word.WriteByte(b)
			escaped = false
		case quoted && b == '\\':
			escaped = true
		case quoted && b == '"':
			quoted = false
		case quoted:
			word.WriteByte(b)
		case b == '"':
			quoted, inside = true, true
		case b == ' ' || b == '\t':
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			inside = true
			word.WriteByte(b)
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words, !quoted && !escaped
}
