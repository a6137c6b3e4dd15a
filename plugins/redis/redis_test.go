package redis_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/redis"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, redis.Plugin(), plugintest.Protocol(serve))
}

// Whatever a server answers to one of the questions, nothing panics.
func FuzzAnswers(f *testing.F) {
	config := plugintest.Settings{"url": "redis://nas", "timeout": "100ms", "key_checks": []any{map[string]any{"key": "queue"}}}
	plugintest.FuzzAnswers(f, redis.Plugin(), serve, "redis-7.0", config.JSON(f), [2]string{"INFO all", "used_memory:-1\r\ndb0:keys=x"})
}

// serve answers commands as a server does: a case's text that begins with a
// bracket is a list written as JSON, one with +, - or : a line of the protocol,
// one with ! what is sent as it is; all else is a text.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	from := bufio.NewReader(conn)
	for {
		words, err := readCommand(from)
		if err != nil {
			return
		}
		text, err := ask(strings.Join(words, " "))
		switch {
		case errors.Is(err, plugintest.ErrNotInCase):
			text = []byte("-ERR unknown command '" + words[0] + "'")
		case err != nil:
			return
		}
		if _, err := conn.Write(encode(text)); err != nil {
			return
		}
	}
}

// readCommand reads a command as clients send it: a list of texts.
func readCommand(from *bufio.Reader) ([]string, error) {
	length := func(mark byte) (int, error) {
		line, err := from.ReadString('\n')
		if err != nil || line[0] != mark {
			return 0, fmt.Errorf("no %c: %q %w", mark, line, err)
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	count, err := length('*')
	if err != nil {
		return nil, err
	}
	words := make([]string, count)
	for i := range words {
		size, err := length('$')
		if err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err := io.ReadFull(from, word); err != nil {
			return nil, err
		}
		words[i] = string(word[:size])
	}
	return words, nil
}

func encode(text []byte) []byte {
	trimmed := bytes.TrimSuffix(text, []byte("\n"))
	var list []any
	switch {
	case bytes.HasPrefix(text, []byte("!")):
		return text[1:]
	case bytes.HasPrefix(text, []byte("+")), bytes.HasPrefix(text, []byte("-")), bytes.HasPrefix(text, []byte(":")):
		return append(bytes.Clone(trimmed), "\r\n"...)
	case bytes.HasPrefix(text, []byte("[")) && json.Unmarshal(text, &list) == nil:
		return appendValue(nil, list)
	default:
		return appendValue(nil, strings.ReplaceAll(string(text), "\n", "\r\n"))
	}
}

func appendValue(b []byte, value any) []byte {
	switch value := value.(type) {
	case []any:
		b = fmt.Appendf(b, "*%d\r\n", len(value))
		for _, element := range value {
			b = appendValue(b, element)
		}
		return b
	case string:
		return fmt.Appendf(b, "$%d\r\n%s\r\n", len(value), value)
	case float64:
		return fmt.Appendf(b, ":%d\r\n", int64(value))
	default:
		return append(b, "$-1\r\n"...)
	}
}
