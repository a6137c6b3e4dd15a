package gameserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"
	"strings"
)

const (
	unconnectedPing = 0x01
	unconnectedPong = 0x1c
	timeBytes       = 8 // and as many for the number of the server or the client
)

// magic marks packets that need no connection of RakNet.
const magic = "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"

// readBedrock asks a Bedrock server as the game does for its list of servers.
func (c *collector) readBedrock(ctx context.Context) (*report, error) {
	l, done, err := c.dialUDP(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	token := newToken()[:timeBytes] // the time of the question, which is any number
	packet := append([]byte{unconnectedPing}, token...)
	packet = append(append(packet, magic...), newToken()[:timeBytes]...)
	var r *report
	took, err := l.ask(question{name: "ping", packet: packet, token: token, accept: func(packet []byte) (bool, error) {
		r, err = parsePong(packet, token)
		return err == nil, err
	}})
	if err != nil {
		return nil, err
	}
	r.Took = took
	return r, nil
}

// parsePong reads the answer to a ping with that time.
func parsePong(packet, token []byte) (*report, error) {
	const textAt = 1 + 2*timeBytes + len(magic) + 2
	if len(packet) < textAt || packet[0] != unconnectedPong || string(packet[1+2*timeBytes:textAt-2]) != magic {
		return nil, &malformed{"what came is no pong of a Bedrock server", packet}
	}
	if !bytes.Equal(packet[1:1+timeBytes], token) {
		return nil, &malformed{"the pong is one to another ping", packet}
	}
	length := int(binary.BigEndian.Uint16(packet[textAt-2:]))
	if length > len(packet)-textAt {
		return nil, &malformed{"the pong ends too early", packet}
	}
	fields := splitEscaped(string(packet[textAt : textAt+length]))
	const least = 6
	if len(fields) < least {
		return nil, &malformed{"the pong says nothing of players", packet[textAt:]}
	}
	at := func(i int) string {
		if i < len(fields) {
			return withoutSections(strings.ToValidUTF8(fields[i], ""))
		}
		return ""
	}
	r := &report{Game: "Minecraft Bedrock", Title: at(1), Version: at(3), Map: at(7), Mode: at(8)}
	if at(0) == "MCEE" {
		r.Game = "Minecraft Education"
	}
	for i, into := range map[int]**float64{4: &r.Players, 5: &r.Max} {
		if n, err := strconv.Atoi(at(i)); err == nil {
			*into = count(n)
		}
	}
	return r, nil
}

// splitEscaped splits at semicolons that no backslash stands before.
func splitEscaped(text string) []string {
	var fields []string
	var field strings.Builder
	escaped := false
	for i := range len(text) {
		switch b := text[i]; {
		case escaped:
			field.WriteByte(b)
			escaped = false
		case b == '\\':
			escaped = true
		case b == ';':
			fields = append(fields, field.String())
			field.Reset()
		default:
			field.WriteByte(b)
		}
	}
	return append(fields, field.String())
}
