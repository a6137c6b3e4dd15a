package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
)

// collector watches one server.
type collector struct {
	config    config
	host      plugin.Host
	client    *client
	tracker   delta.Tracker[string]
	databases map[int]bool // those that held keys once
}

// survey is what one run learned.
type survey struct {
	fields   info
	latency  time.Duration
	pinged   bool
	slowLog  []slowCommand
	slowKept int64 // how many the server keeps; -1 unknown
	delays   []delay
	clients  []clientRow
	cluster  info
	keys     []keyRow
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	defer c.client.peer.Rest()
	c.tracker.Start(c.host.Now())
	s := &survey{slowKept: -1}
	for _, step := range []func(context.Context, *survey, *plugin.Batch) error{c.ping, c.readInfo, c.readMore} {
		if err := step(ctx, s, out); err != nil {
			return err
		}
	}
	c.emit(s, out)
	out.SetSnapshot(c.document(s))
	return nil
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.client.peer.Close() }

// ping measures how long the server takes for the least of questions.
func (c *collector) ping(ctx context.Context, s *survey, out *plugin.Batch) error {
	var took []time.Duration
	// The first answer includes connecting and logging in.
	for i := range c.config.Pings + 1 {
		start := c.host.Now()
		_, err := c.client.ask(ctx, "PING")
		var said *refusal
		refused := errors.As(err, &said)
		switch {
		case err == nil, refused && slices.Contains([]string{"LOADING", "MASTERDOWN"}, said.code()):
			// It answers, and says more about itself in INFO.
		case refused && said.code() == "NOPERM":
			out.Problem(err)
			return nil
		default:
			return err
		}
		if i > 0 {
			took = append(took, c.host.Now().Sub(start))
		}
	}
	slices.Sort(took)
	s.latency, s.pinged = took[len(took)/2], true
	return nil
}

// readInfo asks for everything that the server says of itself.
func (c *collector) readInfo(ctx context.Context, s *survey, _ *plugin.Batch) error {
	words := []string{"INFO"}
	if c.config.Commands {
		words = append(words, "all") // with figures by command
	}
	answer, err := c.client.ask(ctx, words...)
	if said := (*refusal)(nil); errors.As(err, &said) && len(words) > 1 && said.code() == "ERR" && !said.unknown() {
		answer, err = c.client.ask(ctx, "INFO") // a fork that knows no sections
	}
	if err != nil {
		return err
	}
	s.fields = parseInfo(answer.text)
	if _, version := s.fields.product(); version == "" && s.fields.role() == "" {
		return fault.New(fault.BadAnswer, "INFO at %s says neither version nor role", c.client.target).
			WithHint("see what it says: redis-cli INFO")
	}
	return nil
}

// readMore asks what INFO does not say. What the user may not ask, or the server
// does not know, is left out.
func (c *collector) readMore(ctx context.Context, s *survey, out *plugin.Batch) error {
	var steps []func(context.Context, *survey) error
	if c.config.SlowLog {
		steps = append(steps, c.readSlowLog, c.readDelays)
	}
	if c.config.Clients {
		steps = append(steps, c.readClients)
	}
	if s.fields["cluster_enabled"] == "1" {
		steps = append(steps, c.readCluster)
	}
	for _, step := range steps {
		if err := c.tolerate(step(ctx, s), out); err != nil {
			return err
		}
	}
	return c.readKeys(ctx, s, out)
}

// tolerate makes a problem of an answer that is of no use, and nothing of a
// command that there is not. What ended the connection ends the run.
func (c *collector) tolerate(err error, out *plugin.Batch) error {
	said := (*refusal)(nil)
	switch {
	case err == nil || !c.client.peer.Connected():
		return err
	case errors.As(err, &said) && (said.unknown() || said.code() == "LOADING" || said.code() == "MASTERDOWN"):
		// While it loads its data, or has lost its primary, it answers little.
	default:
		out.Problem(err)
	}
	return nil
}

func (c *collector) readCluster(ctx context.Context, s *survey) error {
	answer, err := c.client.ask(ctx, "CLUSTER", "INFO")
	if err == nil {
		s.cluster = parseInfo(answer.text)
	}
	return err
}
