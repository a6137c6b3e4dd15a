package gameserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
)

// The first byte of what is asked and answered with A2S.
const (
	askInfo       = 'T'
	askPlayers    = 'U'
	sayChallenge  = 'A'
	sayInfo       = 'I'
	sayPlayers    = 'D'
	sayOldInfo    = 'm'
	challengeSize = 4
)

// infoQuestion is what every server of the family knows.
const infoQuestion = "Source Engine Query\x00"

// What games do in a way of their own.
const (
	appTheShip = 2400
	appRust    = 252490
)

// readSource asks a server of Source, or of a game that shows in Steam's list.
func (c *collector) readSource(ctx context.Context) (*report, error) {
	l, done, err := c.dialUDP(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var r *report
	asking := a2s{name: "info", ask: append([]byte{askInfo}, infoQuestion...), want: sayInfo, read: func(body []byte) error {
		r, err = parseInfo(body)
		return err
	}}
	if err := asking.run(l); err != nil {
		return nil, err
	}
	r.Took = asking.took
	if !c.config.Players || r.Players != nil && *r.Players == 0 {
		return r, nil
	}
	list := a2s{name: "players", ask: []byte{askPlayers}, challenge: asking.challenge, want: sayPlayers, tries: 1, read: func(body []byte) error {
		r.List, err = parsePlayers(body)
		return err
	}}
	if len(list.challenge) == 0 {
		list.challenge = []byte(unconnected) // which says that there is none yet
	}
	// Many games never say who plays, and some are hindered from it: that is
	// normal, and nothing is wrong with the server.
	_ = list.run(l)
	return r, nil
}

// a2s is a question that is asked again with the challenge that the server wants.
type a2s struct {
	name      string
	ask       []byte
	challenge []byte
	want      byte
	tries     int
	read      func(body []byte) error
	// took is what the last exchange of run took.
	took *time.Duration
}

// run asks, and once more with a challenge; one more time if the server has
// changed it meanwhile.
func (a *a2s) run(l *line) error {
	const most = 3
	for range most {
		var challenge []byte
		var parts packets
		packet := append(append([]byte(unconnected), a.ask...), a.challenge...)
		took, err := l.ask(question{name: a.questionName(), packet: packet, tries: a.tries, accept: func(packet []byte) (bool, error) {
			body, whole, err := parts.add(packet)
			switch {
			case err != nil || !whole:
				return false, err
			case len(body) == 1+challengeSize && body[0] == sayChallenge:
				challenge = bytes.Clone(body[1:])
				return true, nil
			case len(body) > 0 && body[0] == a.want:
				return true, a.read(body[1:])
			case len(body) > 0 && body[0] == sayOldInfo:
				return false, &malformed{"the server speaks a form of A2S from before 2008", packet}
			default:
				return false, &malformed{"what came is no answer of A2S to the question", packet}
			}
		}})
		if err != nil {
			return err
		}
		a.took = took
		if challenge == nil {
			return nil
		}
		a.challenge = challenge
	}
	return &malformed{"the server wants another challenge each time", nil}
}

// questionName is how the question is called in a case.
func (a *a2s) questionName() string {
	if len(a.challenge) == 0 || string(a.challenge) == unconnected {
		return a.name
	}
	return a.name + " " + hex.EncodeToString(a.challenge)
}

// reader takes values off the front of an answer. After the first that is not
// there short is set, and all others are empty.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if len(r.rest) < n {
		r.rest, r.short = nil, true
		return make([]byte, n)
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte     { return r.bytes(1)[0] }
func (r *reader) uint16() uint16 { return binary.LittleEndian.Uint16(r.bytes(2)) }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }

// text takes a text that a zero ends.
func (r *reader) text() string {
	raw, rest, found := bytes.Cut(r.rest, []byte{0})
	if !found {
		r.rest, r.short = nil, true
		return ""
	}
	r.rest = rest
	return fromLatin(raw)
}

// parseInfo reads the answer to the question for information.
func parseInfo(body []byte) (*report, error) {
	in := &reader{rest: body}
	in.byte() // the version of the protocol
	r := &report{Title: clean(in.text()), Map: clean(in.text())}
	folder := in.text()
	r.Game = clean(in.text())
	app := uint64(in.uint16())
	players, room, bots := in.byte(), in.byte(), in.byte()
	r.Players, r.Max, r.Bots = count(players), count(room), count(bots)
	in.byte() // dedicated or not
	in.byte() // the operating system
	password, vac := in.byte() == 1, in.byte() == 1
	r.Password, r.VAC = &password, &vac
	if app == appTheShip {
		const ownFields = 3
		in.bytes(ownFields)
	}
	r.Version = clean(in.text())
	if in.short {
		return nil, &malformed{"the information of the server ends too early", body}
	}
	if r.Game == "" {
		r.Game = clean(folder)
	}
	more := readExtra(in)
	if more.app != 0 {
		app = more.app // the other one has 16 bits only
	}
	if app == appRust {
		// Its counts go beyond what a byte holds.
		for word := range strings.SplitSeq(more.keywords, ",") {
			for prefix, into := range map[string]**float64{"cp": &r.Players, "mp": &r.Max} {
				text, found := strings.CutPrefix(word, prefix)
				if n, err := strconv.Atoi(text); found && err == nil && n >= 0 {
					*into = count(n)
				}
			}
		}
	}
	return r, nil
}

// extra is what follows the version, where a server has it.
type extra struct {
	keywords string
	app      uint64
}

func readExtra(in *reader) (e extra) {
	if len(in.rest) == 0 {
		return e
	}
	const port, steamID, tv, keywords, game = 0x80, 0x10, 0x40, 0x20, 0x01
	has := in.byte()
	if has&port != 0 {
		in.uint16()
	}
	if has&steamID != 0 {
		in.uint64()
	}
	if has&tv != 0 {
		in.uint16()
		_ = in.text()
	}
	if has&keywords != 0 {
		e.keywords = in.text()
	}
	if has&game != 0 {
		const appBits = 1<<24 - 1
		e.app = in.uint64() & appBits
	}
	if in.short {
		return extra{}
	}
	return e
}

// parsePlayers reads who plays. What is cut off at the end is not there: a
// server says at most so much.
func parsePlayers(body []byte) ([]player, error) {
	in := &reader{rest: body}
	n := in.byte()
	if in.short {
		return nil, &malformed{"the list of players is empty", body}
	}
	var list []player
	for range min(int(n), maxRows) {
		in.byte() // always 0
		name := clean(in.text())
		score := int64(int32(in.uint32())) //nolint:gosec // a score may be negative
		seconds := float64(math.Float32frombits(in.uint32()))
		if in.short {
			break
		}
		p := player{Name: name, Score: &score}
		const longest = 10 * 365 * 86400
		if seconds >= 0 && seconds < longest { // not a number is not either
			whole := math.Abs(math.Floor(seconds)) // there is a -0
			p.Seconds = &whole
		}
		if name != "" { // somebody who still connects has none
			list = append(list, p)
		}
	}
	return list, nil
}
