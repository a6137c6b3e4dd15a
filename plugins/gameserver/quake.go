package gameserver

import (
	"bytes"
	"cmp"
	"context"
	"strconv"
	"strings"
)

// unconnected begins every packet outside of a game, with Quake 3 and with A2S.
const unconnected = "\xff\xff\xff\xff"

// readQuake asks a server of the family of Quake 3.
func (c *collector) readQuake(ctx context.Context) (*report, error) {
	l, done, err := c.dialUDP(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var said *status
	took, err := l.ask(quakeQuestion("getstatus", "statusResponse", 0, func(body []byte) error {
		said, err = parseStatus(body)
		return err
	}))
	if err != nil {
		return nil, err
	}
	r := said.report()
	r.Took = took
	if said.maybeBots() > 0 {
		// A bot has no ping, and neither has somebody in the same house: the server
		// says how many are people, if it is one that does.
		var info map[string]string
		_, err := l.ask(quakeQuestion("getinfo", "infoResponse", 1, func(body []byte) error {
			info, err = parsePairs(body)
			return err
		}))
		if ended := ctx.Err(); ended != nil && err != nil {
			return r, nil // what is known is known
		}
		said.countBots(r, info)
	}
	return r, nil
}

// quakeQuestion asks with a token that the server repeats.
func quakeQuestion(name, answer string, tries int, read func(body []byte) error) question {
	token := newToken()
	return question{
		name: name, packet: append([]byte(unconnected+name+" "), token...), token: token, tries: tries,
		accept: func(packet []byte) (bool, error) {
			body, found := bytes.CutPrefix(packet, []byte(unconnected+answer+"\n"))
			switch {
			case !found:
				return false, &malformed{"what came is no " + answer, packet}
			case !bytes.Contains(body, append([]byte(`\challenge\`), token...)):
				return false, &malformed{"the " + answer + " is one to another question", packet}
			}
			return true, read(body)
		},
	}
}

// status is what getstatus answers.
type status struct {
	keys    map[string]string
	players []player
}

// parseStatus reads the settings and then a line for each player: score, ping,
// and the name in quotes.
func parseStatus(body []byte) (*status, error) {
	head, rest, _ := bytes.Cut(body, []byte("\n"))
	keys, err := parsePairs(head)
	if err != nil {
		return nil, err
	}
	s := &status{keys: keys}
	for raw := range bytes.Lines(rest) {
		text := strings.TrimRight(fromLatin(raw), "\r\n\x00")
		if text == "" {
			continue
		}
		before, quoted, found := strings.Cut(text, `"`)
		words := strings.Fields(before)
		if !found || len(words) < 2 {
			return nil, &malformed{"a line of the statusResponse is no player", raw}
		}
		score, err := strconv.ParseInt(words[0], 10, 32)
		ping, pingErr := strconv.ParseUint(words[1], 10, 32)
		if err != nil || pingErr != nil {
			return nil, &malformed{"a line of the statusResponse is no player", raw}
		}
		const millis = 1000
		seconds, bot := float64(ping)/millis, ping == 0
		s.players = append(s.players, player{Name: withoutCarets(strings.TrimSuffix(quoted, `"`)), Score: &score, Ping: &seconds, Bot: &bot})
	}
	return s, nil
}

// parsePairs reads \key\value\key\value.
func parsePairs(raw []byte) (map[string]string, error) {
	words := strings.Split(strings.TrimRight(fromLatin(raw), "\r\n\x00"), `\`)
	if len(words) < 3 || words[0] != "" || len(words)%2 == 0 {
		return nil, &malformed{"the settings of the server are not pairs", raw}
	}
	pairs := make(map[string]string, len(words)/2)
	for i := 1; i+1 < len(words); i += 2 {
		pairs[strings.ToLower(words[i])] = words[i+1]
	}
	return pairs, nil
}

// maybeBots counts those that have no ping.
func (s *status) maybeBots() (n int) {
	for _, p := range s.players {
		if *p.Bot {
			n++
		}
	}
	return n
}

// countBots puts in how many are bots. info is nil where the server did not say.
func (s *status) countBots(r *report, info map[string]string) {
	bots := s.maybeBots()
	if people, err := strconv.Atoi(info["g_humanplayers"]); err == nil && people >= 0 && people <= len(s.players) {
		bots = len(s.players) - people
	}
	if given, err := strconv.Atoi(info["bots"]); err == nil && given >= 0 && given <= len(s.players) {
		bots = given
	}
	r.Bots = count(bots)
	if bots != s.maybeBots() {
		for i := range r.List {
			r.List[i].Bot = nil // some of them are, and nobody says who
		}
	}
}

func (s *status) report() *report {
	first := func(names ...string) string {
		for _, name := range names {
			if text := withoutCarets(s.keys[name]); text != "" {
				return text
			}
		}
		return ""
	}
	r := &report{
		Title: first("sv_hostname", "hostname"), Map: first("mapname"), Version: first("version", "gameversion"),
		Game: cmp.Or(first("gamename", "game"), first("com_gamename")), Mode: first("g_gametype", "gametype"),
		Players: count(len(s.players)), Bots: count(0), List: s.players[:min(len(s.players), maxRows)],
	}
	if slots, err := strconv.Atoi(s.keys["sv_maxclients"]); err == nil {
		r.Max = count(slots)
	}
	if needs, known := s.keys["g_needpass"]; known {
		password := needs != "0"
		r.Password = &password
	}
	return r
}
