package gameserver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// margin is left of the run's time to say what was found.
const margin = 250 * time.Millisecond

// collector asks one server.
type collector struct {
	config   config
	host     plugin.Host
	failures map[string]float64
	seen     time.Time
	console  *console // nil when it is not asked
}

func newCollector(config config, host plugin.Host) *collector {
	c := &collector{config: config, host: host, failures: make(map[string]float64)}
	if config.RCONPort != 0 {
		c.console = newConsole(config, host)
	}
	return c
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	r, err := c.query(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.As(fault.Canceled, ctx.Err(), "asking %s", c.config.address())
	}
	if ownNetworkGone(err) {
		return fault.As(fault.Unreachable, err, "this machine has no way to the network")
	}
	now := c.host.Now()
	f := finding{report: r, now: now}
	if err != nil {
		f.report = &report{}
		f.reason, f.why, f.hint = reasonOf(err)
		c.failures[f.reason]++
	} else {
		c.seen = now
	}
	c.emit(out, f)
	if c.console != nil && f.reason == "" {
		ticks, err := c.console.ticks(ctx, now)
		out.Problem(err)
		f.ticks = ticks
		for _, window := range slices.Sorted(maps.Keys(ticks)) {
			out.Add("game_server_tick_rate_hertz", ticks[window], "window", window)
		}
	}
	c.remember(out, &f)
	out.SetSnapshot(c.document(f))
	return nil
}

// Check implements plugin.Checker: a server that is off is measured, but whoever
// has just named it wants to know.
func (c *collector) Check(ctx context.Context) error {
	if _, err := c.query(ctx); err != nil {
		_, why, hint := reasonOf(err)
		return fault.New(fault.Unreachable, "asking %s: %s", c.config.address(), why).WithHint("%s", hint)
	}
	return nil
}

// query asks the server in its protocol.
func (c *collector) query(ctx context.Context) (*report, error) {
	limit := c.config.Timeout.Std()
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, max(time.Until(deadline)-margin, time.Millisecond))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	switch c.config.kind() {
	case minecraftJava:
		return c.readJava(ctx)
	case minecraftBedrock:
		return c.readBedrock(ctx)
	case source:
		return c.readSource(ctx)
	case quake3:
		return c.readQuake(ctx)
	case portTCP:
		return c.readTCP(ctx)
	default:
		return c.readUDP(ctx)
	}
}

// finding is what came of a query.
type finding struct {
	*report
	now time.Time
	// reason, why and hint are empty while the server answers.
	reason, why, hint string
	ticks             map[string]float64
	kept              memory
}

func (c *collector) emit(out *plugin.Batch, f finding) {
	out.AddBool("game_server_online", f.reason == "")
	for _, reason := range reasons() {
		out.Add("game_server_query_failures_total", c.failures[reason], "reason", reason)
	}
	if f.reason != "" {
		return
	}
	out.Add("game_server_info", 1, "protocol", c.config.kind(), "game", f.Game, "version", versionOf(f.Version))
	if f.Took != nil {
		out.Add("game_server_response_seconds", f.Took.Seconds())
	}
	for name, value := range map[string]*float64{
		"game_server_players_online": f.Players, "game_server_players_max": f.Max, "game_server_bots": f.Bots,
	} {
		if value != nil {
			out.Add(name, *value)
		}
	}
	if f.Players != nil && f.Max != nil && *f.Max > 0 {
		out.Add("game_server_players_ratio", *f.Players / *f.Max)
	}
	for name, value := range map[string]*bool{"game_server_password_required": f.Password, "game_server_vac_secured": f.VAC} {
		if value != nil {
			out.AddBool(name, *value)
		}
	}
}

// memory is what outlives the collector.
type memory struct {
	Online   bool      `json:"online"`
	Since    time.Time `json:"since"`
	LastSeen time.Time `json:"last_seen,omitzero"` // while it is away
	Version  string    `json:"version,omitempty"`
}

// remember tells what changed since the last query, and keeps what the next one
// is compared with.
func (c *collector) remember(out *plugin.Batch, f *finding) {
	const key = "last"
	last, known := plugin.Recall[memory](c.host.State, key)
	next := memory{Online: f.reason == "", Since: last.Since, LastSeen: last.LastSeen, Version: last.Version}
	second := f.now.UTC().Truncate(time.Second)
	if !known || last.Online != next.Online {
		next.Since = second
	}
	if version := versionOf(f.Version); next.Online && version != "" {
		next.Version = version
	}
	switch {
	case next.Online:
		next.LastSeen = time.Time{}
	case last.Online && !c.seen.IsZero():
		next.LastSeen = c.seen.UTC().Truncate(time.Second)
	}
	at := c.config.address()
	switch {
	case known && last.Online && !next.Online:
		out.Event(plugin.Event{
			Kind: "game_server_offline", Severity: plugin.Warning, Title: "Offline: " + f.why,
			Detail: map[string]string{"address": at, "reason": f.reason},
		})
	case known && !last.Online && next.Online:
		out.Event(plugin.Event{
			Kind: "game_server_online", Severity: plugin.Info, Title: "Online again after " + plugin.Duration(second.Sub(last.Since)).String(),
			Detail: map[string]string{"address": at},
		})
	}
	if last.Version != "" && next.Version != last.Version {
		out.Event(plugin.Event{
			Kind: "game_server_version_changed", Severity: plugin.Info, Title: "Version " + last.Version + " became " + next.Version,
			Detail: map[string]string{"address": at, "before": last.Version, "after": next.Version},
		})
	}
	out.Problem(plugin.Keep(c.host.State, key, next))
	f.kept = next
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if c.console == nil {
		return nil
	}
	return c.console.close()
}
