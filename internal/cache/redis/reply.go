package redis

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/unity-homelab/unity/fault"
)

// Bounds of one answer. A server that is broken, or none at all, can claim any
// length; nothing is set aside for a length that has not arrived.
const (
	maxLineBytes   = 16 << 10
	maxAnswerBytes = 4 << 20
	maxElements    = 1000
	maxDepth       = 4
)

// reply is one answer of the server, in version 2 of its protocol.
type reply struct {
	kind byte // + a word, - a refusal, : a number, $ a text, * a list, 0 nothing
	text string
	list []reply
}

// refusal is an answer that says no.
type refusal struct{ text string }

// Error implements error.
func (r *refusal) Error() string { return r.text }

// appendCommand writes a command as the protocol has it.
func appendCommand(b []byte, words []string) []byte {
	b = append(strconv.AppendInt(append(b, '*'), int64(len(words)), 10), "\r\n"...)
	for _, word := range words {
		b = append(strconv.AppendInt(append(b, '$'), int64(len(word)), 10), "\r\n"...)
		b = append(append(b, word...), "\r\n"...)
	}
	return b
}

// readReply reads one answer. One that is not of the protocol is a fault of kind
// BadAnswer.
func readReply(r *bufio.Reader) (reply, error) {
	left := budget{bytes: maxAnswerBytes, elements: maxElements}
	return left.read(r, 0)
}

// budget is what an answer may still hold.
type budget struct{ bytes, elements int }

func malformed(why string) error {
	return fault.New(fault.WrongService, "%s", why).WithHint("Something else than Redis answers there; check the address in cache.redis_url.")
}

func (left *budget) read(r *bufio.Reader, depth int) (reply, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return reply{}, malformed("a line has no end")
	}
	if err != nil {
		return reply{}, err
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		return reply{}, malformed("an answer is empty")
	}
	answer := reply{kind: text[0], text: string(text[1:])}
	switch answer.kind {
	case '+', '-', ':':
		return answer, nil
	case '$', '*':
	default:
		return reply{}, malformed("an answer is none of Redis")
	}
	length, err := strconv.ParseInt(answer.text, 10, 64)
	answer.text = ""
	switch {
	case err != nil || length < -1:
		return reply{}, malformed("a length is no number")
	case length == -1:
		return reply{}, nil
	case answer.kind == '$':
		answer.text, err = left.readText(r, length)
	default:
		answer.list, err = left.readList(r, length, depth)
	}
	return answer, err
}

func (left *budget) readText(r *bufio.Reader, length int64) (string, error) {
	if length > int64(left.bytes) {
		return "", malformed("a text is longer than any that was sent")
	}
	left.bytes -= int(length)
	var text bytes.Buffer
	text.Grow(int(min(length, 32<<10)) + 2)
	if _, err := io.CopyN(&text, r, length+2); err != nil {
		return "", err
	}
	whole := text.Bytes()
	if !bytes.HasSuffix(whole, []byte("\r\n")) {
		return "", malformed("a text is longer than announced")
	}
	return string(whole[:length]), nil
}

func (left *budget) readList(r *bufio.Reader, length int64, depth int) ([]reply, error) {
	if length > int64(left.elements) || depth >= maxDepth {
		return nil, malformed("a list is too long or too deep")
	}
	left.elements -= int(length)
	var list []reply
	for range length {
		element, err := left.read(r, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	return list, nil
}
