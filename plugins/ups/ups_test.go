package ups_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ups"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, ups.Plugin(), plugintest.Protocol(serve))
}

// serve answers as upsd does, or as apcupsd where a frame comes. A case's text is
// sent as it is: of NUT the lines, of apcupsd a record in each line; one that
// begins with ! is sent without frames.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	from := bufio.NewReader(conn)
	head, err := from.Peek(1)
	if err != nil {
		return
	}
	if head[0] == 0 {
		serveFrames(conn, from, ask)
		return
	}
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return
		}
		text, err := ask(strings.TrimSpace(line))
		switch {
		case errors.Is(err, plugintest.ErrNotInCase):
			text = []byte("ERR UNKNOWN-COMMAND\n")
		case err != nil:
			return
		}
		if _, err := conn.Write(text); err != nil || !whole(text) {
			return // what is cut ends the connection, as it does in life
		}
	}
}

// whole reports whether an answer of NUT has its end.
func whole(text []byte) bool {
	return bytes.HasSuffix(text, []byte("\n")) && (!bytes.HasPrefix(text, []byte("BEGIN ")) || bytes.Contains(text, []byte("\nEND LIST ")))
}

func serveFrames(conn net.Conn, from io.Reader, ask func(question string) ([]byte, error)) {
	for {
		var length uint16
		if binary.Read(from, binary.BigEndian, &length) != nil {
			return
		}
		question := make([]byte, length)
		if _, err := io.ReadFull(from, question); err != nil {
			return
		}
		text, err := ask(string(question))
		if err != nil {
			return
		}
		if _, err := conn.Write(frames(text)); err != nil {
			return
		}
	}
}

// frames puts each line into a frame, and one without anything at the end.
func frames(text []byte) []byte {
	if raw, is := bytes.CutPrefix(text, []byte("!")); is {
		return raw
	}
	var framed []byte
	for line := range bytes.Lines(text) {
		framed = binary.BigEndian.AppendUint16(framed, uint16(len(line)))
		framed = append(framed, line...)
	}
	return append(framed, 0, 0)
}
