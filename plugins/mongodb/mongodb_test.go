package mongodb_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mongodb"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, mongodb.Plugin(), plugintest.Protocol(serve))
}

// Whatever a server answers to one of the questions, nothing panics.
func FuzzAnswers(f *testing.F) {
	config := plugintest.Settings{"url": "mongodb://nas", "timeout": "100ms", "collect_top": true}
	plugintest.FuzzAnswers(f, mongodb.Plugin(), serve, "replica-set-7.0", config.JSON(f), [2]string{"serverStatus", `{"ok": 1, "uptime": -1, "connections": {"current": 1e308}}`})
}

// serve answers commands as a server does. An answer of a case is JSON, as the
// plugin writes it; one that begins with ! is sent as it is.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	for {
		var header [16]byte
		if _, err := io.ReadFull(conn, header[:]); err != nil {
			return
		}
		length := binary.LittleEndian.Uint32(header[:])
		if length < 26 || length > 1<<20 {
			return
		}
		body := make([]byte, length-16)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		question, number, err := mongodb.Question(header[:], body)
		if err != nil {
			return
		}
		text, err := ask(question)
		switch {
		case errors.Is(err, plugintest.ErrNotInCase):
			text = []byte(`{"ok": 0, "code": 59, "codeName": "CommandNotFound", "errmsg": "no such command"}`)
		case err != nil:
			return
		}
		raw, plain := bytes.CutPrefix(text, []byte("!"))
		if !plain {
			if raw, err = mongodb.Encode(text, number); err != nil {
				raw, plain = text, true // garbled on purpose
			}
		}
		if _, err := conn.Write(raw); err != nil || plain {
			return
		}
	}
}
