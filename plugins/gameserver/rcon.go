package gameserver

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lockout"
	"github.com/unity-homelab/unity/plugin/peer"
)

// The kinds of packet of RCON, and what bounds them.
const (
	rconLogin    = 3
	rconCommand  = 2 // also the answer to a login
	rconRefused  = -1
	rconOverhead = 10 // number, kind, and two zeros
	maxRCON      = 16 << 10
)

// noTicksPause is how long a server is left alone that has no command for ticks.
const noTicksPause = time.Hour

// console is the remote console of a Minecraft server. The connection stays open:
// the server writes each new one to its log.
type console struct {
	peer     *peer.Peer
	password plugin.Secret
	login    lockout.Guard
	number   int32
	// command is the one that told the ticks last time.
	command string
	none    error
	until   time.Time
}

func newConsole(config config, host plugin.Host) *console {
	name, _ := config.place()
	at := net.JoinHostPort(name, strconv.Itoa(config.RCONPort))
	c := &console{password: config.RCON}
	c.peer = &peer.Peer{
		Dial: host.Dial, Network: "tcp", Address: at, Name: name, At: at, Timeout: config.Timeout.Std(), Greet: c.greet,
		Words: peer.Words{
			Protocol: "RCON", Plain: "switch TLS off", Secure: "RCON knows no TLS; use a tunnel",
			Closed: "enable-rcon of server.properties must be true, and rcon.password not be empty",
		},
	}
	return c
}

// greet logs in.
func (c *console) greet(_ context.Context, line *peer.Line) error {
	password, err := c.password.Reveal()
	if err != nil {
		return err
	}
	c.number++
	if err := writeRCON(line, c.number, rconLogin, password); err != nil {
		return err
	}
	for {
		number, kind, _, err := readRCON(line.Reader)
		switch {
		case err != nil:
			return err
		case number == rconRefused:
			return fault.New(fault.Auth, "logging in to RCON at %s: the password is wrong", c.peer.At).
				WithHint("rcon.password of server.properties is the one")
		case number == c.number && kind == rconCommand:
			line.Answered()
			return nil
		case kind != 0: // Source says something empty first
			return &peer.Malformed{Why: "the answer to the login is none of RCON"}
		}
	}
}

// run runs a command and returns what it says, without colours.
func (c *console) run(ctx context.Context, command string) (said string, err error) {
	err = c.peer.Ask(ctx, command, func(ctx context.Context, line *peer.Line) error {
		c.number++
		if err := writeRCON(line, c.number, rconCommand, command); err != nil {
			return err
		}
		number, _, body, err := readRCON(line.Reader)
		if err != nil {
			return err
		}
		if number != c.number {
			return &peer.Malformed{Why: "the answer is one to another command"}
		}
		plugin.Observed(ctx, "rcon "+command, func() []byte { return []byte(strings.TrimRight(body, "\n") + "\n") })
		said = sectionSigns.ReplaceAllString(body, "")
		return nil
	})
	return said, err
}

// ticks asks for the ticks per second, by window.
func (c *console) ticks(ctx context.Context, now time.Time) (map[string]float64, error) {
	if err := c.login.Refused(now); err != nil {
		return nil, err
	}
	if now.Before(c.until) {
		return nil, c.none
	}
	defer c.peer.Rest()
	commands := []string{"tps", "forge tps", "neoforge tps"}
	if c.command != "" {
		commands = []string{c.command}
	}
	for _, command := range commands {
		said, err := c.run(ctx, command)
		if err := c.login.Note(err, now); err != nil {
			return nil, err
		}
		if ticks := parseTicks(said); len(ticks) > 0 {
			c.command = command
			return ticks, nil
		}
	}
	c.command, c.until = "", now.Add(noTicksPause)
	c.none = fault.New(fault.Unsupported, "asking RCON at %s for ticks: the server has no command for them", c.peer.At).
		WithHint("Paper, Spigot, Forge and NeoForge have one; with others leave rcon_port at 0")
	return nil, c.none
}

func (c *console) close() error { return c.peer.Close() }

func writeRCON(to io.Writer, number, kind int32, body string) error {
	packet := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+rconOverhead)) //nolint:gosec // ours are short
	packet = binary.LittleEndian.AppendUint32(packet, uint32(number))               //nolint:gosec // all bits belong to it
	packet = binary.LittleEndian.AppendUint32(packet, uint32(kind))                 //nolint:gosec // it is small
	_, err := to.Write(append(append(packet, body...), 0, 0))
	return err
}

// readRCON reads a packet.
func readRCON(from io.Reader) (number, kind int32, body string, err error) {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return 0, 0, "", err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size < rconOverhead || size > maxRCON {
		return 0, 0, "", &peer.Malformed{Why: "a packet of RCON has a size that cannot be", Start: head[:]}
	}
	packet := make([]byte, size)
	if _, err := io.ReadFull(from, packet); err != nil {
		return 0, 0, "", err
	}
	number, kind = int32(binary.LittleEndian.Uint32(packet)), int32(binary.LittleEndian.Uint32(packet[4:])) //nolint:gosec // all bits belong to them
	return number, kind, fromLatin(packet[8 : size-2]), nil
}

// What servers say of their ticks.
var (
	ticksOfPaper = regexp.MustCompile(`TPS from last ([0-9ms, ]+): ([0-9.,* ]+)`)
	ticksOfForge = regexp.MustCompile(`(?i)overall ?:.*mean tps: ([0-9.]+)`)
	ticksOfNeo   = regexp.MustCompile(`(?i)overall ?: ([0-9.]+) tps`)
)

// parseTicks finds the ticks per second in what a server says of them.
func parseTicks(said string) map[string]float64 {
	ticks := make(map[string]float64)
	put := func(window, text string) {
		const most = 1000
		if v, err := strconv.ParseFloat(strings.Trim(text, "* "), 64); err == nil && v >= 0 && v < most {
			ticks[window] = v
		}
	}
	if found := ticksOfPaper.FindStringSubmatch(said); found != nil {
		values := strings.Split(found[2], ",")
		for i, window := range strings.Split(found[1], ",") {
			switch window = strings.TrimSpace(window); window {
			case "5s", "10s", "1m", "5m", "15m":
				if i < len(values) {
					put(window, values[i])
				}
			}
		}
		return ticks
	}
	for _, form := range []*regexp.Regexp{ticksOfForge, ticksOfNeo} {
		if found := form.FindStringSubmatch(said); found != nil {
			put("5s", found[1]) // the mean of the last 100 ticks
		}
	}
	return ticks
}
