package auth

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/unity-homelab/unity/fault"
)

// Sealer seals second factors, which have to be read again.
type Sealer interface {
	Seal(plain, place string) string
	Open(sealed, place string) (string, error)
}

// Settings are what a Service is made of. Every field without a zero value that
// means something is required.
type Settings struct {
	Store  Store
	Sealer Sealer
	// SessionIdle ends a session that was not used for so long, SessionLifetime
	// every session.
	SessionIdle, SessionLifetime time.Duration
	// NoPasswords switches signing in with a password off.
	NoPasswords bool
	// Provider is what somebody may sign in with besides; the zero value is none.
	Provider Provider
	// AuditRetention is how long it is known who did what.
	AuditRetention time.Duration
	Log            *slog.Logger
	Now            func() time.Time
}

// Service decides who may use Unity.
type Service struct {
	Settings

	hasher              *hasher
	accounts, addresses *limiter
	known               *known

	recording sync.Mutex // held for making the number of an entry
	lastEntry int64
}

// New returns a service.
func New(settings Settings) *Service {
	return &Service{
		Settings: settings, hasher: newHasher(standardCost()), known: newKnown(),
		accounts:  newLimiter(perAccount, perAccountEvery),
		addresses: newLimiter(perAddress, perAddressEvery),
	}
}

// houseKeeping is how often what has ended is removed.
const houseKeeping = time.Hour

// Run removes what has ended, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(houseKeeping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			now := s.Now()
			err := errors.Join(
				s.Store.ExpireSessions(ctx, now, now.Add(-s.SessionIdle)),
				s.Store.ExpireEntries(ctx, now.Add(-s.AuditRetention)))
			if err != nil && ctx.Err() == nil {
				s.Log.Warn("what has ended is not removed", "reason", err)
			}
		}
	}
}

// From says where a request comes from.
type From struct {
	Address string
	Agent   string
}

const maxName = 64

// loginOf returns the login of a name, or what is wrong with the name.
func loginOf(name string) (string, error) {
	problem := ""
	switch {
	case name == "":
		problem = "is empty"
	case utf8.RuneCountInString(name) > maxName:
		problem = "has more than 64 characters"
	case strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@+", r)
	}):
		problem = "has characters other than letters, digits and . _ - @ +"
	}
	if problem != "" {
		return "", Invalid{{Path: "name", Message: problem}}
	}
	return strings.ToLower(name), nil
}

// now returns the time as it is stored.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// problems joins what is wrong with several fields.
func problems(errs ...error) error {
	var all Invalid
	for _, err := range errs {
		if invalid, ok := errors.AsType[Invalid](err); ok {
			all = append(all, invalid...)
		} else if err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func isMissing(err error) bool { return fault.Of(err) == fault.NotFound }
