package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

const (
	// maxUsed bounds how many attempts are remembered as used.
	maxUsed = 4096
	// place is what the cookie of an attempt is sealed for.
	place = "sign-in"
)

// attempt is what the browser keeps, sealed.
type attempt struct {
	Errand   auth.Errand
	State    string
	Nonce    string
	Verifier string // of PKCE
	Began    time.Time
}

// Begin returns the address at the provider to send a browser to, and a cookie
// for it to bring back.
func (p *Provider) Begin(ctx context.Context, errand auth.Errand) (address, cookie string, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	config, err := p.config(found, errand.Redirect)
	if err != nil {
		return "", "", err
	}
	begun := attempt{
		Errand: errand, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Began: p.Now().UTC(),
	}
	plain, err := json.Marshal(begun)
	if err != nil {
		return "", "", fault.As(fault.Internal, err, "writing down an attempt to sign in")
	}
	address = config.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier))
	return address, p.Sealer.Seal(string(plain), place), nil
}

// resume returns the attempt that an answer of the provider belongs to. It can be
// had once.
func (p *Provider) resume(cookie string, answer url.Values) (attempt, error) {
	var begun attempt
	plain, err := p.Sealer.Open(cookie, place)
	if err != nil || json.Unmarshal([]byte(plain), &begun) != nil {
		return attempt{}, expired("the answer of the provider is for somebody who did not begin here")
	}
	now := p.Now()
	switch {
	case now.Sub(begun.Began) > auth.Patience || begun.Began.Sub(now) > time.Minute:
		return begun, expired("signing in took longer than %v", auth.Patience)
	case subtle.ConstantTimeCompare([]byte(begun.State), []byte(answer.Get("state"))) != 1:
		return begun, expired("the answer of the provider belongs to another attempt")
	case !p.use(begun.State, now):
		return begun, expired("the answer of the provider was used before")
	default:
		return begun, nil
	}
}

// use reports whether an attempt is used for the first time.
func (p *Provider) use(state string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, again := p.used[state]; again {
		return false
	}
	if len(p.used) >= maxUsed {
		for each, at := range p.used {
			if now.Sub(at) > auth.Patience {
				delete(p.used, each)
			}
		}
	}
	// So many within ten minutes are no people. The provider takes each code once
	// as well.
	if len(p.used) >= maxUsed {
		clear(p.used)
	}
	p.used[state] = now
	return true
}

// End returns the address at the provider where a browser is signed out there,
// and from which it comes back; empty when the provider has none.
func (p *Provider) End(ctx context.Context, back string) string {
	found, err := p.discover(ctx)
	if err != nil || found.End == "" {
		return ""
	}
	address, err := url.Parse(found.End)
	if err != nil {
		return ""
	}
	query := address.Query()
	query.Set("client_id", p.Client)
	query.Set("post_logout_redirect_uri", back)
	address.RawQuery = query.Encode()
	return address.String()
}

func expired(format string, args ...any) auth.NotSignedIn {
	return auth.NotSignedIn{Reason: auth.Expired, Err: fault.New(fault.Auth, format, args...)}
}

func mistrusted(format string, args ...any) auth.NotSignedIn {
	return auth.NotSignedIn{Reason: auth.Mistrusted, Err: fault.New(fault.BadAnswer, format, args...)}
}
