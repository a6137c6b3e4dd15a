package auth

import (
	"context"
	"math/rand/v2"
	"strings"
	"unicode"
)

// maxTarget bounds what is kept of a name that somebody sent.
const maxTarget = 200

// Record writes down what somebody did. That it cannot be written down is
// logged: what was done is done.
func (s *Service) Record(ctx context.Context, entry Entry) {
	entry.Time = s.now()
	entry.ID = s.entryID()
	entry.Name, entry.Target = printable(shorten(entry.Name, maxTarget)), printable(shorten(entry.Target, maxTarget))
	if err := s.Store.Record(context.WithoutCancel(ctx), entry); err != nil {
		s.Log.Warn("what somebody did is not written down", "action", entry.Action, "user", entry.Name, "reason", err)
	}
}

// printable leaves out what a name does not have and a database may not take.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

// entryID returns a number that grows with time. Its end is chance, because
// several hubs may write at the same moment.
func (s *Service) entryID() int64 {
	const chance = 20 // bits
	s.recording.Lock()
	defer s.recording.Unlock()
	id := s.Now().UnixMilli()<<chance | rand.Int64N(1<<chance) //nolint:gosec // nobody gains by guessing it
	s.lastEntry = max(id, s.lastEntry+1)
	return s.lastEntry
}

// Did records what somebody who was recognised did.
func (s *Service) Did(ctx context.Context, who Identity, action, target string, from From) {
	s.Record(ctx, Entry{
		User: who.User, Name: who.Name, Via: who.Via, Action: action, Target: target, Address: from.Address,
	})
}

// Entries returns who did what, the newest first.
func (s *Service) Entries(ctx context.Context, filter EntryFilter) ([]Entry, error) {
	return s.Store.Entries(ctx, filter)
}
