package auth

import (
	"context"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
)

const (
	// Wrong attempts that are taken at once, and how soon there is one more.
	perAccount, perAccountEvery = 10, 30 * time.Second
	perAddress, perAddressEvery = 30, 10 * time.Second
	// maxWatched bounds how many accounts and addresses are remembered. Beyond
	// it the ones that were quiet for longest are forgotten.
	maxWatched = 4096
)

// limiter counts attempts by a key: so many at once, then one from time to time.
type limiter struct {
	burst float64
	every time.Duration

	mu   sync.Mutex
	left map[string]allowance
}

type allowance struct {
	left float64
	at   time.Time
	told bool // that there were too many
}

func newLimiter(burst int, every time.Duration) *limiter {
	return &limiter{burst: float64(burst), every: every, left: make(map[string]allowance)}
}

// take counts an attempt before it is known whether it is a good one. When there
// were too many it returns how long to wait, and whether that is new: a flood is
// worth one line in the audit, not thousands.
func (l *limiter) take(key string, now time.Time) (wait time.Duration, news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.at(key, now)
	if left < 1 {
		known := l.left[key]
		news, known.told = !known.told, true
		l.left[key] = known
		return time.Duration(math.Ceil((1-left)*l.every.Seconds())) * time.Second, news
	}
	if len(l.left) >= maxWatched {
		l.forget(now)
	}
	l.left[key] = allowance{left: left - 1, at: now}
	return 0, false
}

// giveBack takes an attempt back that was a good one.
func (l *limiter) giveBack(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if left := l.at(key, now) + 1; left >= l.burst {
		delete(l.left, key)
	} else {
		l.left[key] = allowance{left: left, at: now}
	}
}

func (l *limiter) at(key string, now time.Time) float64 {
	known, ok := l.left[key]
	if !ok {
		return l.burst
	}
	return min(l.burst, known.left+now.Sub(known.at).Seconds()/l.every.Seconds())
}

// forget makes room: what is full again goes, and if that is nothing, the
// oldest.
func (l *limiter) forget(now time.Time) {
	oldest, oldestAt := "", now.Add(time.Hour)
	for key, known := range l.left {
		if l.at(key, now) >= l.burst {
			delete(l.left, key)
			continue
		}
		if known.at.Before(oldestAt) {
			oldest, oldestAt = key, known.at
		}
	}
	if len(l.left) >= maxWatched {
		delete(l.left, oldest)
	}
}

// neighbourhood is what of an address is limited together: an IPv6 network is
// handed out as a whole.
func neighbourhood(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if parsed = parsed.Unmap().WithZone(""); parsed.Is6() {
		if prefix, err := parsed.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return parsed.String()
}

func tooMany(wait time.Duration) error {
	return fault.New(fault.RateLimited, "too many attempts").WithHint("try again in %v", wait)
}

// attempt counts an attempt for an account and an address; done says whether it
// was a good one. What somebody tried too often is written down as the entry.
func (s *Service) attempt(ctx context.Context, account string, entry Entry) (done func(good bool), err error) {
	now, place := s.Now(), neighbourhood(entry.Address)
	wait, news := s.addresses.take(place, now)
	if wait == 0 && account != "" {
		wait, news = s.accounts.take(account, now)
	}
	if news {
		entry.Refused = true
		s.Record(ctx, entry)
	}
	if wait > 0 {
		return nil, tooMany(wait)
	}
	return func(good bool) {
		if good && account != "" {
			s.accounts.giveBack(account, now)
		}
		if good {
			s.addresses.giveBack(place, now)
		}
	}, nil
}
