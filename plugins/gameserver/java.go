package gameserver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"

	"github.com/unity-homelab/unity/plugin"
)

// Bounds of what a Java server may answer.
const (
	maxStatus     = 1 << 20
	maxDepth      = 16 // of texts within texts
	maxVarInt     = 5
	maxLegacyText = 1 << 10
)

// readJava asks a Minecraft server as the game does for its list of servers. One
// that does not understand is asked as the versions before 1.7 did.
func (c *collector) readJava(ctx context.Context) (*report, error) {
	address := c.javaAddress(ctx)
	r, err := c.ping(ctx, address)
	odd := (*malformed)(nil)
	if err == nil || ctx.Err() != nil || !isCut(err) && !errors.As(err, &odd) {
		return r, err
	}
	if old, oldErr := c.legacyPing(ctx, address); oldErr == nil {
		return old, nil
	}
	return nil, err
}

// isCut reports whether the other side ended the connection.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// dialTCP opens a connection that ends with the context.
func (c *collector) dialTCP(ctx context.Context, address string) (net.Conn, func(), error) {
	conn, err := c.host.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return conn, func() { stop(); _ = conn.Close() }, nil
}

// ping is the Server List Ping.
func (c *collector) ping(ctx context.Context, address string) (*report, error) {
	conn, done, err := c.dialTCP(ctx, address)
	if err != nil {
		return nil, err
	}
	defer done()
	name, portText, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(portText)
	const anyVersion, wantsStatus = -1, 1
	hello := appendVarInt([]byte{0}, anyVersion)
	hello = append(appendVarInt(hello, int32(len(name))), name...) //nolint:gosec // a name has at most 255 bytes
	hello = binary.BigEndian.AppendUint16(hello, uint16(port))     //nolint:gosec // it is a port
	hello = framed(appendVarInt(hello, wantsStatus))
	sent, in := c.host.Now(), bufio.NewReader(conn)
	if _, err := conn.Write(append(hello, framed([]byte{0})...)); err != nil {
		return nil, ended(ctx, err)
	}
	answer, err := readPacket(in, maxStatus)
	if err != nil {
		return nil, ended(ctx, err)
	}
	took := c.host.Now().Sub(sent)
	document, err := statusOf(answer)
	if err != nil {
		return nil, err
	}
	plugin.Observed(ctx, "status", func() []byte { return append(bytes.Clone(document), '\n') })
	r, err := parseJava(document)
	if err != nil {
		return nil, err
	}
	r.Took = &took
	if took, ok := c.pong(conn, in); ok {
		r.Took = &took
	}
	return r, nil
}

// pong asks for a number back, which costs the server nothing: what it takes is
// the way there and back. Not every server does it.
func (c *collector) pong(conn net.Conn, in *bufio.Reader) (time.Duration, bool) {
	number := []byte(rand.Text()[:8])
	sent := c.host.Now()
	if _, err := conn.Write(framed(append([]byte{1}, number...))); err != nil {
		return 0, false
	}
	const most = 64
	answer, err := readPacket(in, most)
	if err != nil || !bytes.Equal(answer, append([]byte{1}, number...)) {
		return 0, false
	}
	return c.host.Now().Sub(sent), true
}

// ended prefers the reason why the connection was given up.
func ended(ctx context.Context, err error) error {
	if over := ctx.Err(); over != nil {
		return over
	}
	return err
}

// appendVarInt writes a number as Minecraft does: seven bits to a byte.
func appendVarInt(to []byte, n int32) []byte {
	return binary.AppendUvarint(to, uint64(uint32(n))) //nolint:gosec // negative ones have all bits
}

func framed(packet []byte) []byte {
	return append(appendVarInt(nil, int32(len(packet))), packet...) //nolint:gosec // ours are short
}

// readVarInt reads a number of at most five bytes.
func readVarInt(in io.ByteReader) (int32, error) {
	const bits, more, last = 7, 0x80, 0x0f
	var n uint32
	for i := range maxVarInt {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if i == maxVarInt-1 && b > last {
			break
		}
		n |= uint32(b&^more) << (bits * i)
		if b&more == 0 {
			return int32(n), nil //nolint:gosec // all bits belong to it
		}
	}
	return 0, &malformed{"a length has more bytes than five", nil}
}

// readPacket reads a packet of at most so many bytes.
func readPacket(in *bufio.Reader, most int32) ([]byte, error) {
	beginning, _ := in.Peek(1) // for what is said of an answer that makes no sense
	start := bytes.Clone(beginning)
	length, err := readVarInt(in)
	if err != nil {
		return nil, err
	}
	if length < 1 || length > most {
		more, _ := in.Peek(min(in.Buffered(), 31))
		return nil, &malformed{"what came is no packet of Minecraft", append(start, more...)}
	}
	var packet bytes.Buffer // it grows with what comes, not with what is announced
	if _, err := io.CopyN(&packet, in, int64(length)); err != nil {
		return nil, err
	}
	return packet.Bytes(), nil
}

// statusOf returns the document in the answer to the question for the status.
func statusOf(packet []byte) ([]byte, error) {
	in := bytes.NewReader(packet)
	kind, err := readVarInt(in)
	if err != nil || kind != 0 {
		return nil, &malformed{"what came is no status of a Minecraft server", packet}
	}
	length, err := readVarInt(in)
	if err != nil || int(length) != in.Len() {
		return nil, &malformed{"the status has another length than it says", packet}
	}
	return packet[len(packet)-in.Len():], nil
}

// javaStatus is the document of a status.
type javaStatus struct {
	Version struct {
		Name string `json:"name"`
	} `json:"version"`
	Players *struct {
		Max    *int `json:"max"`
		Online *int `json:"online"`
		Sample []struct {
			Name string `json:"name"`
		} `json:"sample"`
	} `json:"players"`
	Description json.RawMessage `json:"description"`
	ForgeData   struct {
		Mods []struct {
			ID      string `json:"modId"`
			Version string `json:"modmarker"`
		} `json:"mods"`
	} `json:"forgeData"`
	ModInfo struct {
		Mods []struct {
			ID      string `json:"modid"`
			Version string `json:"version"`
		} `json:"modList"`
	} `json:"modinfo"`
}

// parseJava reads the document of a status.
func parseJava(document []byte) (*report, error) {
	var s javaStatus
	if err := json.Unmarshal(document, &s); err != nil {
		return nil, &malformed{"the status of the server is not valid JSON", document}
	}
	r := &report{Game: "Minecraft Java", Version: withoutSections(s.Version.Name)}
	var description any
	if json.Unmarshal(s.Description, &description) == nil {
		var text strings.Builder
		flatten(&text, description, maxDepth)
		r.Title = withoutSections(text.String())
	}
	if s.Players == nil && s.Version.Name == "" {
		return nil, &malformed{"the status says nothing of a Minecraft server", document}
	}
	if s.Players != nil { // one that starts has none yet
		if n := s.Players.Online; n != nil {
			r.Players = count(*n)
		}
		if n := s.Players.Max; n != nil {
			r.Max = count(*n)
		}
		for _, p := range s.Players.Sample {
			if name := withoutSections(p.Name); name != "" && len(r.List) < maxRows {
				r.List = append(r.List, player{Name: name})
			}
		}
	}
	for _, m := range s.ForgeData.Mods {
		r.addMod(m.ID, m.Version)
	}
	for _, m := range s.ModInfo.Mods {
		r.addMod(m.ID, m.Version)
	}
	return r, nil
}

func (r *report) addMod(name, version string) {
	if name = clean(name); name != "" && len(r.Mods) < maxRows {
		r.Mods = append(r.Mods, mod{name, clean(version)})
	}
}

// flatten joins the texts of a component: a text, a list, or an object whose text
// is followed by more of them.
func flatten(into *strings.Builder, component any, depth int) {
	if depth == 0 || into.Len() > maxStatus {
		return
	}
	switch c := component.(type) {
	case string:
		into.WriteString(c)
	case []any:
		for _, one := range c {
			flatten(into, one, depth-1)
		}
	case map[string]any:
		for _, key := range []string{"text", "translate", "extra"} {
			flatten(into, c[key], depth-1)
		}
	}
}

// legacyPing is how the versions 1.4 to 1.6 are asked; later ones answer too.
func (c *collector) legacyPing(ctx context.Context, address string) (*report, error) {
	conn, done, err := c.dialTCP(ctx, address)
	if err != nil {
		return nil, err
	}
	defer done()
	sent := c.host.Now()
	if _, err := conn.Write([]byte{0xfe, 0x01}); err != nil {
		return nil, ended(ctx, err)
	}
	var head [3]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, ended(ctx, err)
	}
	units := int(binary.BigEndian.Uint16(head[1:]))
	if head[0] != 0xff || units > maxLegacyText {
		return nil, &malformed{"what came is no answer of an old Minecraft server", head[:]}
	}
	raw := make([]byte, 2*units)
	if _, err := io.ReadFull(conn, raw); err != nil {
		return nil, ended(ctx, err)
	}
	took := c.host.Now().Sub(sent)
	text := fromUTF16(raw)
	plugin.Observed(ctx, "legacy", func() []byte { return shown([]byte(text), nil) })
	r, err := parseLegacy(text)
	if err != nil {
		return nil, err
	}
	r.Took = &took
	return r, nil
}

func fromUTF16(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}

// parseLegacy reads the answer of an old server: six texts between zeros.
func parseLegacy(text string) (*report, error) {
	fields := strings.Split(text, "\x00")
	const least = 6
	if len(fields) < least || fields[0] != "§1" {
		return nil, &malformed{"what came is no answer of an old Minecraft server", []byte(text)}
	}
	r := &report{Game: "Minecraft Java", Version: withoutSections(fields[2]), Title: withoutSections(fields[3])}
	for i, into := range map[int]**float64{4: &r.Players, 5: &r.Max} {
		if n, err := strconv.Atoi(fields[i]); err == nil {
			*into = count(n)
		}
	}
	return r, nil
}
