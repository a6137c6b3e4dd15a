// Package lockout leaves alone what was refused: a login, because services shut out
// who tries often, and parts of a service, because each try is a line in its log.
package lockout

import (
	"cmp"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// How long a refused login is left alone: longer each time.
const (
	firstPause   = 15 * time.Minute
	longestPause = 6 * time.Hour
)

// Guard remembers that a login was refused. The zero value has not been refused;
// it is used by one goroutine at a time, and as long as the login is the same.
type Guard struct {
	refused error
	until   time.Time
	pause   time.Duration
}

// Refused returns why the login was refused while it is to be left alone, else nil.
func (g *Guard) Refused(now time.Time) error {
	if now.Before(g.until) {
		return g.refused
	}
	return nil
}

// Note takes what came of a login, and returns it with a hint at when the next one
// is tried.
func (g *Guard) Note(err error, now time.Time) error {
	if fault.Of(err) != fault.Auth {
		if err == nil {
			*g = Guard{}
		}
		return err
	}
	g.pause = min(cmp.Or(g.pause*2, firstPause), longestPause)
	g.until = now.Add(g.pause)
	g.refused = (&fault.Error{Kind: fault.Auth, Err: err}).
		WithHint("%s; it is tried again at %s, or at once with other settings", fault.Hint(err), g.until.UTC().Format("15:04 UTC"))
	return g.refused
}
