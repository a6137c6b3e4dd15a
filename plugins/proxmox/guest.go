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
	c.part(s, "the settings of guests", func() error {
		settings, err := get[struct {
			OnBoot lenient.Flag `json:"onboot"`
		}](ctx, c, base+"/config")
		d.onBoot = bool(settings.OnBoot)
		return gone(err)
	})
	c.part(s, "the snapshots of guests", func() error {
		n := 0.0
		err := each(ctx, c, base+"/snapshot", func(one struct {
			Name string         `json:"name"`
			Time lenient.Number `json:"snaptime"`
		}) {
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
	})
	if c.config.GuestAgent && g.Type == typeVM && g.running() {
		c.part(s, "the agents of guests", func() error { return c.askAgent(ctx, base, d) })
	}
	return d
}

// askAgent asks the program in a virtual machine how full its file systems are.
func (c *collector) askAgent(ctx context.Context, base string, d *detail) error {
	answer, err := get[struct {
		Result []struct {
			Name  lenient.Text   `json:"name"`
			Mount string         `json:"mountpoint"`
			Used  lenient.Number `json:"used-bytes"`
		} `json:"result"`
	}](ctx, c, base+"/agent/get-fsinfo")
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
