package certificate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// prelude speaks in the clear until both sides are ready for TLS. What it returns
// is a *refusal, or what reading and writing met.
type prelude func(line *clearLine) error

// clearLine is a connection on which nothing is encrypted yet.
type clearLine struct {
	io.Writer
	*bufio.Reader
}

// refusal is a server that does not want to speak TLS, or is another one than
// expected.
type refusal struct {
	kind fault.Kind
	why  string
}

// Error implements error.
func (r *refusal) Error() string { return r.why }

// notOffered is what a server lacks that knows no STARTTLS.
func notOffered(said string) error {
	why := "STARTTLS is not offered"
	if said != "" {
		why += fmt.Sprintf(": it says %q", shorten(said))
	}
	return &refusal{fault.Unsupported, why}
}

// unexpected is an answer that is not of the protocol.
func unexpected(protocol, said string) error {
	return &refusal{fault.WrongService, fmt.Sprintf("it does not speak %s: it says %q", protocol, shorten(said))}
}

// maxLines is how much a server may say before it is to come to the point.
const maxLines = 200

// readLine reads a line without its end.
func (l *clearLine) readLine() (string, error) {
	line, err := l.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return string(line), nil // no protocol here has such lines; who reads it says so
	}
	return strings.TrimRight(string(line), "\r\n"), err
}

// readReply reads the lines of an answer whose last one has a space after the
// three digits: SMTP and FTP.
func (l *clearLine) readReply(protocol string) (code string, lines []string, err error) {
	for range maxLines {
		line, err := l.readLine()
		if err != nil {
			return "", nil, err
		}
		if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" {
			return "", nil, unexpected(protocol, line)
		}
		text := strings.TrimLeft(line[3:], "- ")
		lines = append(lines, text)
		if len(line) == 3 || line[3] != '-' {
			return line[:3], lines, nil
		}
	}
	return "", nil, unexpected(protocol, "more than "+fmt.Sprint(maxLines)+" lines")
}

func startSMTP(l *clearLine) error {
	code, lines, err := l.readReply("SMTP")
	if err != nil {
		return err
	}
	if code != "220" {
		return &refusal{fault.Refused, fmt.Sprintf("it takes no connection: %s %s", code, shorten(strings.Join(lines, " ")))}
	}
	if _, err := io.WriteString(l, "EHLO unity\r\n"); err != nil {
		return err
	}
	code, lines, err = l.readReply("SMTP")
	if err != nil {
		return err
	}
	offered := slices.ContainsFunc(lines, func(line string) bool { return strings.EqualFold(strings.TrimSpace(line), "STARTTLS") })
	if code != "250" || !offered {
		return notOffered("")
	}
	return l.command("SMTP", "STARTTLS\r\n", "220")
}

func startFTP(l *clearLine) error {
	if code, _, err := l.readReply("FTP"); err != nil {
		return err
	} else if code != "220" {
		return unexpected("FTP", code)
	}
	return l.command("FTP", "AUTH TLS\r\n", "234")
}

// command sends a line and wants an answer with the code.
func (l *clearLine) command(protocol, line, want string) error {
	if _, err := io.WriteString(l, line); err != nil {
		return err
	}
	code, lines, err := l.readReply(protocol)
	if err == nil && code != want {
		err = notOffered(code + " " + strings.Join(lines, " "))
	}
	return err
}

func startIMAP(l *clearLine) error {
	greeting, err := l.readLine()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(greeting, "* ") {
		return unexpected("IMAP", greeting)
	}
	if _, err := io.WriteString(l, "a1 STARTTLS\r\n"); err != nil {
		return err
	}
	for range maxLines {
		line, err := l.readLine()
		if err != nil {
			return err
		}
		if said, ours := strings.CutPrefix(line, "a1 "); ours {
			if word, _, _ := strings.Cut(said, " "); strings.EqualFold(word, "OK") {
				return nil
			}
			return notOffered(said)
		}
	}
	return notOffered("")
}

func startPOP3(l *clearLine) error {
	for _, step := range []string{"", "STLS\r\n"} {
		if _, err := io.WriteString(l, step); err != nil {
			return err
		}
		line, err := l.readLine()
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(line, "+OK"):
		case strings.HasPrefix(line, "-ERR") && step != "":
			return notOffered(line)
		default:
			return unexpected("POP3", line)
		}
	}
	return nil
}

func startPostgres(l *clearLine) error {
	if _, err := l.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
		return err
	}
	answer, err := l.ReadByte()
	switch {
	case err != nil:
		return err
	case answer == 'S':
		return nil
	case answer == 'N' || answer == 'E':
		return notOffered("")
	default:
		return unexpected("the protocol of PostgreSQL", string(answer))
	}
}

// startMySQL reads the server's greeting and answers with the short form of a
// login, which asks for TLS.
func startMySQL(l *clearLine) error {
	const (
		mark            = 0x0a // of the protocol's version 10
		refused         = 0xff
		most            = 1 << 10
		withTLS         = 0x0800
		usual           = 0x0001 | 0x0200 | 0x8000 // long password, protocol 4.1, its passwords
		maxPacket       = 1 << 24
		characterSet    = 33 // UTF-8
		afterVersion    = 4 + 8 + 1
		lengthOfRequest = 32
	)
	var head [4]byte
	if _, err := io.ReadFull(l, head[:]); err != nil {
		return err
	}
	length := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if length < 1 || length > most || head[3] != 0 {
		return unexpected("the protocol of MySQL", string(head[:]))
	}
	greeting := make([]byte, length)
	if _, err := io.ReadFull(l, greeting); err != nil {
		return err
	}
	switch {
	case greeting[0] == refused && length > 3:
		return &refusal{fault.Refused, "it takes no connection: " + shorten(string(greeting[3:]))}
	case greeting[0] != mark:
		return unexpected("the protocol of MySQL", string(greeting))
	}
	end := slices.Index(greeting[1:], 0) // of the version
	if end < 0 || len(greeting) < 1+end+1+afterVersion+2 {
		return unexpected("the protocol of MySQL", string(greeting))
	}
	if binary.LittleEndian.Uint16(greeting[1+end+1+afterVersion:])&withTLS == 0 {
		return notOffered("")
	}
	request := []byte{lengthOfRequest, 0, 0, 1}
	request = binary.LittleEndian.AppendUint32(request, usual|withTLS)
	request = binary.LittleEndian.AppendUint32(request, maxPacket)
	request = append(request, characterSet)
	request = append(request, make([]byte, 23)...)
	_, err := l.Write(request)
	return err
}

// startLDAP sends the extended request for STARTTLS (RFC 4511, 4.14).
func startLDAP(l *clearLine) error {
	const oid = "1.3.6.1.4.1.1466.20037"
	request := append([]byte{0x30, byte(7 + len(oid)), 2, 1, 1, 0x77, byte(2 + len(oid)), 0x80, byte(len(oid))}, oid...)
	if _, err := l.Write(request); err != nil {
		return err
	}
	body, err := readMessage(l)
	if err != nil {
		return err
	}
	_, _, rest, ok := element(body) // the number of the message
	tag, response, _, ok2 := element(rest)
	_, code, rest, ok3 := element(response)
	const extendedResponse = 0x78
	if !ok || !ok2 || !ok3 || tag != extendedResponse || len(code) != 1 {
		return unexpected("LDAP", string(body))
	}
	if code[0] != 0 {
		_, _, rest, _ = element(rest) // the matched name
		_, why, _, _ := element(rest)
		return notOffered(strings.TrimSpace(fmt.Sprintf("result %d %s", code[0], why)))
	}
	return nil
}

// readMessage reads one LDAP message: a sequence in BER.
func readMessage(l *clearLine) ([]byte, error) {
	const most = 64 << 10
	head := make([]byte, 2, 6)
	if _, err := io.ReadFull(l, head); err != nil {
		return nil, err
	}
	if more := int(head[1] & 0x7f); head[1] >= 0x80 && more <= 4 {
		head = head[:2+more]
		if _, err := io.ReadFull(l, head[2:]); err != nil {
			return nil, err
		}
	}
	length, ok := lengthOf(head)
	if head[0] != 0x30 || !ok || length > most {
		return nil, unexpected("LDAP", string(head))
	}
	body := make([]byte, length)
	_, err := io.ReadFull(l, body)
	return body, err
}

// element takes the first element off BER.
func element(b []byte) (tag byte, value, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	size := 2
	if b[1] >= 0x80 {
		size += int(b[1] & 0x7f)
	}
	if size > 6 || len(b) < size {
		return 0, nil, nil, false
	}
	length, ok := lengthOf(b[:size])
	if !ok || len(b)-size < length {
		return 0, nil, nil, false
	}
	return b[0], b[size : size+length], b[size+length:], true
}

// lengthOf reads the length in the head of an element. Servers write it longer
// than it has to be.
func lengthOf(head []byte) (int, bool) {
	switch {
	case head[1] < 0x80:
		return int(head[1]), true
	case head[1] == 0x80 || len(head) > 6 || len(head) != 2+int(head[1]&0x7f):
		return 0, false
	}
	length := uint64(0)
	for _, b := range head[2:] {
		length = length<<8 | uint64(b)
	}
	const most = 1 << 30
	return int(min(length, most)), true
}

// shorten makes one short line of what a server said.
func shorten(text string) string { return plugin.Shorten(text, 120) }
