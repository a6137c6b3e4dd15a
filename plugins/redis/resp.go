package redis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/unity-homelab/unity/plugin/peer"
)

// Bounds of one answer. A server that is broken, or none at all, can claim any
// length; nothing is set aside for a length that has not arrived.
const (
	maxLineBytes   = 64 << 10
	maxAnswerBytes = 16 << 20
	maxElements    = 200_000
	maxDepth       = 8
)

// reply is one answer of the server, in version 2 of its protocol.
type reply struct {
	kind   byte // + a word, - a refusal, : a number, $ a text, * a list, 0 nothing
	text   string
	number int64
	list   []reply
}

// appendCommand writes a command as the protocol has it.
func appendCommand(b []byte, words ...string) []byte {
	b = append(b, '*')
	b = strconv.AppendInt(b, int64(len(words)), 10)
	b = append(b, "\r\n"...)
	for _, word := range words {
		b = append(b, '$')
		b = strconv.AppendInt(b, int64(len(word)), 10)
		b = append(b, "\r\n"...)
		b = append(b, word...)
		b = append(b, "\r\n"...)
	}
	return b
}

// newReader returns a reader whose lines are bounded.
func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, maxLineBytes) }

// readReply reads one answer.
func readReply(r *bufio.Reader) (reply, error) {
	left := budget{bytes: maxAnswerBytes, elements: maxElements}
	return left.read(r, 0)
}

// budget is what an answer may still hold.
type budget struct{ bytes, elements int }

func (left *budget) read(r *bufio.Reader, depth int) (reply, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return reply{}, &peer.Malformed{Why: "a line without an end", Start: beginning(line)}
	}
	if err != nil {
		if len(line) > 0 && !isKind(line[0]) {
			return reply{}, &peer.Malformed{Why: "not an answer of Redis", Start: beginning(line)}
		}
		return reply{}, err
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 || !isKind(text[0]) {
		return reply{}, &peer.Malformed{Why: "not an answer of Redis", Start: beginning(line)}
	}
	answer := reply{kind: text[0]}
	switch text = text[1:]; answer.kind {
	case '+', '-':
		answer.text = string(text)
		return answer, nil
	}
	if answer.number, err = strconv.ParseInt(string(text), 10, 64); err != nil {
		return reply{}, &peer.Malformed{Why: fmt.Sprintf("%q where a number was expected", beginning(text))}
	}
	switch {
	case answer.kind == ':':
		return answer, nil
	case answer.number == -1:
		return reply{}, nil
	case answer.number < 0:
		return reply{}, &peer.Malformed{Why: "a length below zero"}
	case answer.kind == '$':
		answer.text, err = left.readText(r, answer.number)
	default:
		answer.list, err = left.readList(r, answer.number, depth)
	}
	return answer, err
}

func (left *budget) readText(r *bufio.Reader, length int64) (string, error) {
	if length > int64(left.bytes) {
		return "", &peer.Malformed{Why: fmt.Sprintf("an answer of more than %d MiB", maxAnswerBytes>>20)}
	}
	left.bytes -= int(length)
	var text bytes.Buffer
	text.Grow(int(min(length, 32<<10)) + 2)
	if _, err := io.CopyN(&text, r, length+2); err != nil {
		return "", unexpected(err)
	}
	whole := text.Bytes()
	if !bytes.HasSuffix(whole, []byte("\r\n")) {
		return "", &peer.Malformed{Why: "a text longer than announced"}
	}
	return string(whole[:length]), nil
}

func (left *budget) readList(r *bufio.Reader, length int64, depth int) ([]reply, error) {
	if length > int64(left.elements) || depth >= maxDepth {
		return nil, &peer.Malformed{Why: "a list that is too long or too deep"}
	}
	left.elements -= int(length)
	list := make([]reply, 0, min(length, 1024))
	for range length {
		element, err := left.read(r, depth+1)
		if err != nil {
			return nil, unexpected(err)
		}
		list = append(list, element)
	}
	return list, nil
}

func isKind(b byte) bool { return bytes.IndexByte([]byte("+-:$*"), b) >= 0 }

// unexpected says that the end of the connection came in the middle.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// beginning is as much of a text as is worth showing.
func beginning(text []byte) []byte {
	const most = 40
	return bytes.Clone(text[:min(len(text), most)])
}
