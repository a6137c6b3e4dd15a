package ipmi_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ipmi"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, ipmi.Plugin(), plugintest.Datagrams(serve))
}

// The numbers of the fake controller's sessions, and its secrets that are none.
const (
	theirNumber = 0x04030201
	nonce       = "nonce-of-the-bmc"
	guid        = "guid-of-this-bmc"
)

// fake is a controller that speaks IPMI 2.0 to the letter: what is not proved, not
// encrypted or out of order gets no answer.
type fake struct {
	ask func(string) ([]byte, error)
	// settings are words in turn: suite 17 user unity password x key 00ff,
	// refuse 01 (the status in answer to the opening), refuse-login 0d, garbage.
	settings map[string]string

	hash         func() hash.Hash
	suite, code  int
	console      []byte // the other side's number of the session
	consoleNonce []byte
	role         byte
	user         string
	proving      []byte
	hiding       cipher.Block
	open         bool
	sequence     uint32
	level        byte
}

// serve answers packets from a case: login says how to log in, and each command
// has the bytes of its answer, the completion code first.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	text, err := ask("login")
	if err != nil {
		return
	}
	words := strings.Fields(string(text))
	f := &fake{ask: ask, settings: make(map[string]string)}
	for i := 0; i+1 < len(words); i += 2 {
		f.settings[words[i]] = words[i+1]
	}
	if len(f.settings) == 0 {
		return
	}
	f.suite, _ = strconv.Atoi(f.settings["suite"])
	f.hash, f.code = sha1.New, 12
	if f.suite == 17 {
		f.hash, f.code = sha256.New, 16
	}
	const most = 4 << 10
	packet := make([]byte, most)
	for {
		n, err := conn.Read(packet)
		if err != nil {
			return
		}
		answer, err := f.answer(bytes.Clone(packet[:n]))
		if err != nil {
			return
		}
		if len(answer) == 0 {
			continue
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

func (f *fake) sum(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(f.hash, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// answer answers one packet, or says nothing.
func (f *fake) answer(packet []byte) ([]byte, error) {
	if f.settings["garbage"] != "" {
		return []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil
	}
	const header = 16
	if len(packet) < header || !bytes.Equal(packet[:5], []byte{6, 0, 0xff, 7, 6}) {
		return nil, nil
	}
	length := int(binary.LittleEndian.Uint16(packet[14:]))
	if len(packet) < header+length {
		return nil, nil
	}
	payload := packet[header : header+length]
	switch packet[5] {
	case 0x10:
		return f.opened(payload), nil
	case 0x12:
		return f.challenged(payload), nil
	case 0x14:
		return f.agreed(payload), nil
	case 0xc0:
		return f.command(packet, payload)
	default:
		return nil, nil
	}
}

// plain wraps a message of the login.
func plain(kind byte, payload []byte) []byte {
	packet := append([]byte{6, 0, 0xff, 7, 6, kind}, make([]byte, 8)...)
	return append(binary.LittleEndian.AppendUint16(packet, uint16(len(payload))), payload...)
}

func status(text string) byte {
	code, _ := strconv.ParseUint(text, 16, 8)
	return byte(code)
}

func (f *fake) opened(m []byte) []byte {
	if len(m) != 32 {
		return nil
	}
	f.console = bytes.Clone(m[4:8])
	auth, integrity := byte(1), byte(1)
	if f.suite == 17 {
		auth, integrity = 3, 4
	}
	refused := status(f.settings["refuse"])
	if m[12] != auth || m[20] != integrity || m[28] != 1 {
		refused = 0x11
	}
	answer := append([]byte{m[0], refused, m[1], 0}, f.console...)
	if refused != 0 {
		return plain(0x11, answer)
	}
	return plain(0x11, append(binary.LittleEndian.AppendUint32(answer, theirNumber), m[8:]...))
}

func (f *fake) who() []byte { return append([]byte{f.role, byte(len(f.user))}, f.user...) }

func (f *fake) challenged(m []byte) []byte {
	const fixed = 28
	if len(m) < fixed || binary.LittleEndian.Uint32(m[4:]) != theirNumber || len(m) != fixed+int(m[27]) {
		return nil
	}
	f.consoleNonce, f.role, f.user = bytes.Clone(m[8:24]), m[24], string(m[fixed:])
	answer := append([]byte{m[0], status(f.settings["refuse-login"]), 0, 0}, f.console...)
	if f.user != f.settings["user"] {
		answer[1] = 0x0d
	}
	if answer[1] != 0 {
		return plain(0x13, answer)
	}
	answer = append(append(answer, nonce...), guid...)
	proof := f.sum([]byte(f.settings["password"]), f.console, binary.LittleEndian.AppendUint32(nil, theirNumber), f.consoleNonce, []byte(nonce), []byte(guid), f.who())
	return plain(0x13, append(answer, proof...))
}

func (f *fake) agreed(m []byte) []byte {
	const fixed = 8
	if len(m) < fixed {
		return nil
	}
	answer := append([]byte{m[0], 0, 0, 0}, f.console...)
	if !hmac.Equal(m[fixed:], f.sum([]byte(f.settings["password"]), []byte(nonce), f.console, f.who())) {
		answer[1] = 0x0f
		return plain(0x15, answer)
	}
	key := []byte(f.settings["password"])
	if f.settings["key"] != "" {
		key, _ = hex.DecodeString(f.settings["key"])
	}
	session := f.sum(key, f.consoleNonce, []byte(nonce), f.who())
	f.proving = f.sum(session, bytes.Repeat([]byte{1}, 20))
	f.hiding, _ = aes.NewCipher(f.sum(session, bytes.Repeat([]byte{2}, 20))[:16])
	f.open, f.level, f.sequence = true, 2, 0
	return plain(0x15, append(answer, f.sum(session, f.consoleNonce, binary.LittleEndian.AppendUint32(nil, theirNumber), []byte(guid))[:f.code]...))
}

// command answers a command within the session.
func (f *fake) command(packet, payload []byte) ([]byte, error) {
	end := len(packet) - f.code
	sequence := binary.LittleEndian.Uint32(packet[10:])
	switch {
	case !f.open, binary.LittleEndian.Uint32(packet[6:]) != theirNumber, sequence <= f.sequence,
		end < 16+len(payload)+2, !hmac.Equal(packet[end:], f.sum(f.proving, packet[4:end])[:f.code]), (end-4)%4 != 0, len(payload) < 32, len(payload)%16 != 0:
		return nil, nil
	}
	f.sequence = sequence
	m := make([]byte, len(payload)-16)
	cipher.NewCBCDecrypter(f.hiding, payload[:16]).CryptBlocks(m, payload[16:])
	m = m[:len(m)-1-int(m[len(m)-1])]
	if m[0] != 0x20 || m[0]+m[1]+m[2] != 0 {
		return nil, nil
	}
	function, number, data := m[1]>>2, m[5], m[6:len(m)-1]
	question := hex.EncodeToString([]byte{function | m[1]&3<<6}) + " " + hex.EncodeToString([]byte{number})
	for _, b := range data {
		question += " " + hex.EncodeToString([]byte{b})
	}
	var said []byte
	switch {
	case function == 6 && number == 0x3b:
		f.level, said = data[0], []byte{0, data[0]}
	case function == 6 && number == 0x3c:
		f.open, said = false, []byte{0}
	default:
		text, err := f.ask(question)
		switch {
		case errors.Is(err, plugintest.ErrNotInCase):
			said = []byte{0xc1}
		case err != nil:
			return nil, err
		default:
			said = digits(text)
		}
	}
	if len(said) == 0 {
		return nil, plugintest.ErrHangUp // garbled beyond what a controller sends
	}
	return f.sealed(function, m[4], number, said), nil
}

// digits reads pairs of hexadecimal digits; others are let pass.
func digits(text []byte) []byte {
	var raw []byte
	for word := range strings.FieldsSeq(string(text)) {
		if b, err := hex.DecodeString(word); err == nil && len(b) == 1 {
			raw = append(raw, b...)
		}
	}
	return raw
}

// sealed writes an answer as a packet of the session.
func (f *fake) sealed(function, sequence, number byte, said []byte) []byte {
	m := []byte{0x81, (function | 1) << 2}
	m = append(m, -(m[0] + m[1]), 0x20, sequence, number)
	m = append(m, said...)
	var total byte
	for _, b := range m[3:] {
		total -= b
	}
	m = append(m, total)
	fill := byte(15 - len(m)%16)
	for i := range fill {
		m = append(m, i+1)
	}
	m = append(m, fill)
	payload := append(bytes.Repeat([]byte{7}, 16), make([]byte, len(m))...)
	cipher.NewCBCEncrypter(f.hiding, payload[:16]).CryptBlocks(payload[16:], m)
	packet := append([]byte{6, 0, 0xff, 7, 6, 0xc0}, f.console...)
	packet = binary.LittleEndian.AppendUint32(packet, f.sequence)
	packet = append(binary.LittleEndian.AppendUint16(packet, uint16(len(payload))), payload...)
	pad := (4 - (len(packet)-4+2)%4) % 4
	packet = append(packet, bytes.Repeat([]byte{0xff}, pad)...)
	packet = append(packet, byte(pad), 7)
	return append(packet, f.sum(f.proving, packet[4:])[:f.code]...)
}
