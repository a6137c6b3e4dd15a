package demo

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// config is how a source of the lab is configured.
type config struct {
	Address string `json:"address" title:"Address" help:"Where the made-up thing is said to be." required:"true" example:"192.168.1.20"`
	Size    string `json:"size" title:"Size" help:"How much of everything it has." enum:"small,medium,large"`
	Mood    string `json:"mood" title:"Mood" help:"Well is always there, moody often gives no answer, and away has stopped to answer some hours before the demo began." enum:"well,moody,away"`
}

// The moods.
const (
	well  = "well"
	moody = "moody"
	away  = "away"
)

const (
	// awaySince is for how long the one that is away has been so when the demo
	// begins.
	awaySince = 3*hour + 10*minute
	// moodFor is how long a mood lasts; of four, one is a good one.
	moodFor = 30 * minute
)

// thing is a source of the lab as its signals know it.
type thing struct {
	config
	seed  seed
	start float64 // when the demo began
	zone  float64 // hours that local time is ahead of UTC
}

func (l *Lab) thing(kind string, c config) thing {
	return thing{config: c, seed: seedOf(kind, c.Address), start: l.start, zone: l.zone}
}

// grown returns one of three values by the size of the thing.
func (t thing) grown(small, medium, large float64) float64 {
	switch t.Size {
	case "small":
		return small
	case "large":
		return large
	default:
		return medium
	}
}

// of returns the seed of a part of the thing.
func (t thing) of(parts ...string) seed { return t.seed.and(uint64(seedOf(parts...))) }

// clock returns the hour of UTC at which it is so late here.
func (t thing) clock(hour float64) float64 { return hour - t.zone }

// ago returns the moment that lies so many seconds before the demo began.
func (t thing) ago(seconds float64) float64 { return t.start - seconds }

// booted is when the thing was switched on: some weeks ago.
func (t thing) booted() float64 { return t.ago(t.of("booted").between(2*week, 9*week)) }

// refusal returns why the thing does not answer at a time; nil when it does.
func (t thing) refusal(at float64) error {
	switch {
	case t.Mood == away && at >= t.ago(awaySince):
		return fault.New(fault.Unreachable, "connecting to %s: no route to host", t.Address).
			WithHint("Look whether it is switched on and reachable from here.")
	case t.Mood == moody && math.Mod(math.Mod(math.Floor((at-t.start)/moodFor), 4)+4, 4) != 1 && at >= t.ago(3*moodFor):
		return fault.New(fault.Timeout, "asking %s: no answer within 10 s", t.Address).
			WithHint("It may be busy, or too far away from the access point.")
	default:
		return nil
	}
}

// lateness is how long the thing takes to answer.
func (t thing) lateness(at float64) time.Duration {
	return time.Duration(between(6, 90, restless(t.of("late")))(at) * float64(time.Millisecond))
}

// plugin returns a kind as a plugin that can be opened.
func (l *Lab) plugin(k kind) plugin.Plugin {
	if k.posed != nil {
		return k.posed.Posed(func(_ context.Context, _ json.RawMessage, host plugin.Host) (plugin.Collector, error) {
			t := l.thing(k.manifest.ID, config{Address: k.manifest.ID, Mood: well})
			return &collector{kind: k, thing: t, lines: k.lines(t), host: host}, nil
		})
	}
	defaults := config{Size: "medium", Mood: well}
	return plugin.Define(k.manifest, defaults, func(_ context.Context, c config, host plugin.Host) (plugin.Collector, error) {
		t := l.thing(k.manifest.ID, c)
		return &collector{kind: k, thing: t, lines: k.lines(t), host: host}, nil
	}).Documented(documentation(k.manifest))
}

// documentation is what is shown beside the form.
func documentation(m plugin.Manifest) string {
	return "# " + m.Name + "\n\n" + m.Summary + " This one is made up, and so is everything it measures. " +
		"Try the form: another size gives other figures, and a thing that is away makes its source fail.\n\n" +
		"| setting | what it does |\n| --- | --- |\n" +
		"| address | the same address always gives the same figures |\n" +
		"| size | how much there is of everything |\n" +
		"| mood | whether it answers |\n"
}

// collector makes up what a thing measures.
type collector struct {
	kind  kind
	thing thing
	lines []line
	host  plugin.Host
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	t := seconds(c.host.Now())
	wait := time.NewTimer(c.thing.lateness(t))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
	}
	if err := c.thing.refusal(t); err != nil {
		return err
	}
	for _, l := range c.lines {
		out.Add(l.metric, l.value(t), l.labels...)
	}
	if c.kind.document != nil {
		out.SetSnapshot(c.kind.document(c.thing, t))
	}
	if problem := c.kind.problem(c.thing); problem != nil {
		out.Problem(problem)
	}
	return nil
}

// problem returns what a thing lacks although it answers; nil for nothing.
func (k kind) problem(t thing) error {
	if k.complaint == nil {
		return nil
	}
	message, hint := k.complaint(t)
	if message == "" {
		return nil
	}
	return fault.New(fault.Partial, "%s", message).WithHint("%s", hint)
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
