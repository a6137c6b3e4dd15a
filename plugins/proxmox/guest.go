package proxmox

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// watchTag is the tag of guests that are to run.
const watchTag = "monitor"

// detail is what is asked of one guest, in turns.
type detail struct {
	at        time.Time
	running   bool // when it was asked
	onBoot    bool
	snapshots *float64
	oldest    *float64 // snapshot, in seconds since 1970
	used      *float64 // by its file systems, as its agent says
}

// guestSettings is what is read of the settings of a guest.
type guestSettings struct {
	OnBoot lenient.Flag `json:"onboot"`
}

// guestSnapshot is one of the list.
type guestSnapshot struct {
	Name string         `json:"name"`
	Time lenient.Number `json:"snaptime"`
}

// fileSystems is what the program in a virtual machine tells of them.
type fileSystems struct {
	Result []struct {
		Name lenient.Text   `json:"name"`
		Used lenient.Number `json:"used-bytes"`
	} `json:"result"`
}

// expected reports whether the guest is to run: it starts with its node, is kept
// running by the cluster, or has the tag.
func (g *guest) expected() bool {
	if g.template {
		return false
	}
	for _, tag := range g.Tags {
		if tag == watchTag {
			return true
		}
	}
	return g.HA == "started" || g.detail != nil && g.detail.onBoot
}

// askGuest asks for what no list has.
func (c *collector) askGuest(ctx context.Context, s *sight, g *guest) *detail {
	d := &detail{at: s.now, running: g.running()}
	if !plainName(g.ID) {
		return d
	}
	base := "/nodes/" + g.Node + "/" + g.Type + "/" + g.ID
	had := c.part(s, "the settings of guests on "+g.Node, func() error {
		settings, err := get[guestSettings](ctx, c, base+"/config")
		d.onBoot = bool(settings.OnBoot)
		return gone(err)
	})
	had = c.part(s, "the snapshots of guests on "+g.Node, func() error {
		n := 0.0
		err := each(ctx, c, base+"/snapshot", func(one guestSnapshot) {
			if one.Name == "current" {
				return // how it is now, which is no snapshot
			}
			n++
			if at := one.Time.Positive(); at != nil && (d.oldest == nil || *at < *d.oldest) {
				d.oldest = at
			}
		})
		if err == nil {
			d.snapshots = &n
		}
		return gone(err)
	}) && had
	if c.config.GuestAgent && g.Type == typeVM && g.running() {
		had = c.part(s, "the agents of guests on "+g.Node, func() error { return c.askAgent(ctx, base, d) }) && had
	}
	if !had {
		d.at = s.now.Add(restHanging - slowEvery) // sooner than the others
	}
	return d
}

// askAgent asks the program in a virtual machine how full its file systems are.
func (c *collector) askAgent(ctx context.Context, base string, d *detail) error {
	answer, err := get[fileSystems](ctx, c, base+"/agent/get-fsinfo")
	if err != nil {
		// That there is no agent, or that it is not up yet, is as it should be.
		if text := strings.ToLower(err.Error()); fault.Of(err) == fault.BadAnswer && strings.Contains(text, "agent") && strings.Contains(text, "status 500") {
			return nil
		}
		return gone(err)
	}
	devices := make(map[string]bool)
	for _, one := range answer.Result {
		// One that is mounted twice counts once.
		if used, known := one.Used.Get(); known && used >= 0 && !devices[string(one.Name)] {
			devices[string(one.Name)] = one.Name != ""
			sum := used
			if d.used != nil {
				sum += *d.used
			}
			d.used = &sum
		}
	}
	return nil
}

// gone forgives that a guest went, or moved, since it was listed.
func gone(err error) error {
	if fault.Of(err) == fault.NotFound || fault.Of(err) == fault.BadAnswer && err != nil && strings.Contains(err.Error(), "does not exist") {
		return nil
	}
	return err
}
