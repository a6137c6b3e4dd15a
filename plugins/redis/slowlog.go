package redis

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// slowCommand is one entry of the slow log.
type slowCommand struct {
	ID       int64     `json:"id"`
	Time     time.Time `json:"time"`
	Duration float64   `json:"duration"` // seconds
	Command  string    `json:"command"`
	Client   string    `json:"client,omitempty"`
	Name     string    `json:"name,omitempty"` // of the client
}

// maxCommandText bounds what is shown of a slow command.
const maxCommandText = 200

func (c *collector) readSlowLog(ctx context.Context, s *survey) error {
	answer, err := c.client.ask(ctx, "SLOWLOG", "LEN")
	if err != nil {
		return err
	}
	if answer.kind == ':' && answer.number >= 0 {
		s.slowKept = answer.number
	}
	if s.slowKept == 0 {
		return nil
	}
	answer, err = c.client.ask(ctx, "SLOWLOG", "GET", strconv.Itoa(c.config.SlowLogEntries))
	for _, entry := range answer.list {
		if slow, ok := c.slowCommand(entry); ok {
			s.slowLog = append(s.slowLog, slow)
		}
	}
	return err
}

// slowCommand reads an entry: ID, time, microseconds, the words of the command,
// and since Redis 4 the client's address and name.
func (c *collector) slowCommand(entry reply) (slowCommand, bool) {
	const withoutClient, withClient = 4, 6
	if len(entry.list) < withoutClient || len(entry.list[3].list) == 0 {
		return slowCommand{}, false
	}
	id, at, took := entry.list[0].number, entry.list[1].number, entry.list[2].number
	if at <= 0 || at > 1<<40 || took < 0 {
		return slowCommand{}, false
	}
	slow := slowCommand{ID: id, Time: time.Unix(at, 0).UTC(), Duration: float64(took) / 1e6}
	words := make([]string, 0, len(entry.list[3].list))
	for _, word := range entry.list[3].list {
		words = append(words, word.text)
	}
	if !c.config.SlowLogArguments {
		words = words[:commandWords(words)]
	}
	slow.Command = plugin.Shorten(strings.Join(words, " "), maxCommandText)
	if len(entry.list) >= withClient {
		slow.Client, slow.Name = entry.list[4].text, plugin.Shorten(entry.list[5].text, maxCommandText)
	}
	return slow, true
}

// commandWords is how many words name the command: two where the first is a
// family of commands.
func commandWords(words []string) int {
	switch strings.ToUpper(words[0]) {
	case "ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY", "MODULE",
		"OBJECT", "PUBSUB", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO":
		return min(2, len(words))
	default:
		return 1
	}
}

// delay is one kind of event that the server's latency monitor saw.
type delay struct {
	Event  string    `json:"event"`
	Time   time.Time `json:"time"`
	Latest float64   `json:"latest"` // seconds
	Worst  float64   `json:"worst"`
}

// readDelays asks the latency monitor, which says nothing unless it was turned
// on with latency-monitor-threshold.
func (c *collector) readDelays(ctx context.Context, s *survey) error {
	answer, err := c.client.ask(ctx, "LATENCY", "LATEST")
	const fields = 4
	for _, event := range answer.list {
		if len(event.list) < fields || event.list[1].number <= 0 || event.list[1].number > 1<<40 {
			continue
		}
		s.delays = append(s.delays, delay{
			Event: event.list[0].text, Time: time.Unix(event.list[1].number, 0).UTC(),
			Latest: float64(event.list[2].number) / 1e3, Worst: float64(event.list[3].number) / 1e3,
		})
	}
	return err
}
