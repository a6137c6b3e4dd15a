package downloadmanager

import (
	"time"

	"github.com/unity-homelab/unity/fault"
)

const (
	// firstWait is how long a login that was refused is left alone; it doubles
	// up to longestWait. qBittorrent bans an address at the fifth refusal.
	firstWait   = 15 * time.Minute
	longestWait = 6 * time.Hour
)

// gate remembers that a login was refused. Another secret opens it.
type gate struct {
	secret string
	wait   time.Duration
	until  time.Time
	err    error
}

// shut returns the refusal, while the secret is the one that was refused and it is
// too early to try again.
func (g *gate) shut(secret string, now time.Time) error {
	if g.err == nil || secret != g.secret || !now.Before(g.until) {
		return nil
	}
	return fault.As(fault.Of(g.err), g.err, "not logging in again before %s, so as not to be locked out", g.until.UTC().Format("15:04 UTC"))
}

// refused keeps that the secret was refused.
func (g *gate) refused(secret string, now time.Time, err error) error {
	if secret != g.secret || g.err == nil {
		g.wait = 0
	}
	g.wait = min(max(2*g.wait, firstWait), longestWait)
	g.secret, g.until, g.err = secret, now.Add(g.wait), err
	return err
}

// accepted forgets what was refused.
func (g *gate) accepted() { *g = gate{} }
