package oidc

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

const (
	// askTimeout bounds one request to the provider.
	askTimeout = 10 * time.Second
	// freshFor is how long it is believed what the provider says of itself.
	freshFor = time.Hour
	// quietFor is how long a provider that did not answer is left alone.
	quietFor = 3 * time.Second
)

// Sealer seals what the browser keeps.
type Sealer interface {
	Seal(plain, place string) string
	Open(sealed, place string) (string, error)
}

// Settings are what a Provider is made of.
type Settings struct {
	// Issuer is the address of the provider, exactly as it calls itself.
	Issuer string
	// Client is what the provider calls Unity.
	Client string
	// Secret returns the secret of the client. It is asked at each use, so that
	// it can be changed where it is kept. An empty one is that of a public client.
	Secret func() (string, error)
	// Scopes are asked for; without any those that Unity needs, as far as the
	// provider has them.
	Scopes []string
	// RoleClaim is where the groups are; dots lead into objects.
	RoleClaim string
	Transport http.RoundTripper
	Sealer    Sealer
	Now       func() time.Time
}

// Provider is a provider of OpenID Connect. Its methods may be called at the same
// time.
type Provider struct {
	Settings

	client *http.Client
	asking chan struct{} // holds a value while the provider is asked about itself

	mu     sync.Mutex
	known  *discovered // nil before it was asked
	failed failure     // of the last time
	used   map[string]time.Time
}

type failure struct {
	at  time.Time
	err error
}

// discovered is what a provider says of itself.
type discovered struct {
	at       time.Time
	endpoint oauth2.Endpoint
	provider *oidc.Provider
	keys     oidc.KeySet

	Keys       string   `json:"jwks_uri"`
	UserInfo   string   `json:"userinfo_endpoint"`
	End        string   `json:"end_session_endpoint"`
	Scopes     []string `json:"scopes_supported"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	NamesSelf  bool     `json:"authorization_response_iss_parameter_supported"`
}

// New returns a provider. It is asked about itself when somebody signs in.
func New(settings Settings) *Provider {
	return &Provider{
		Settings: settings, asking: make(chan struct{}, 1), used: make(map[string]time.Time),
		client: &http.Client{
			Transport: bounded{settings.Transport}, Timeout: askTimeout,
			// A redirect would carry the secret and the code to somewhere else.
			CheckRedirect: func(to *http.Request, _ []*http.Request) error {
				return fault.New(fault.WrongService, "the provider sends Unity on to %s://%s", to.URL.Scheme, to.URL.Host)
			},
		},
	}
}

// discover returns what the provider says of itself, asking it when that is not
// known or old. An old answer is better than none.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, away(ctx.Err())
	}
	p.mu.Lock()
	known, failed, now := p.known, p.failed, p.Now()
	p.mu.Unlock()
	if known != nil && now.Sub(known.at) < freshFor {
		return known, nil
	}
	if now.Sub(failed.at) < quietFor {
		return orFailure(known, failed.err)
	}
	fresh, err := p.ask(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			p.failed = failure{now, err}
		}
		return orFailure(known, err)
	}
	p.known = fresh
	return fresh, nil
}

func orFailure(known *discovered, err error) (*discovered, error) {
	if known != nil {
		return known, nil
	}
	return nil, err
}

func (p *Provider) ask(ctx context.Context) (*discovered, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := oidc.NewProvider(ctx, p.Issuer)
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, auth.NotSignedIn{Reason: auth.Misconfigured, Err: fault.As(fault.Config, mismatch, "asking %s about itself", p.Issuer).
			WithHint("write auth.oidc.issuer exactly as the provider does")}
	}
	if err != nil {
		return nil, away(fault.Wrap(err, "asking %s about itself", p.Issuer))
	}
	found := &discovered{at: p.Now(), provider: provider, endpoint: provider.Endpoint()}
	if err := provider.Claims(found); err != nil {
		return nil, mistrusted("reading what %s says of itself: %v", p.Issuer, err)
	}
	if found.endpoint.AuthURL == "" || found.endpoint.TokenURL == "" || found.Keys == "" {
		return nil, mistrusted("%s does not say where one signs in there", p.Issuer)
	}
	found.keys = oidc.NewRemoteKeySet(ctx, found.Keys)
	found.Algorithms = slices.DeleteFunc(found.Algorithms, func(name string) bool { return !slices.Contains(algorithms(), name) })
	return found, nil
}

// algorithms are the signatures that are good: those of a key pair.
func algorithms() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
	}
}

// scopes are what is asked for. Where groups are a scope of their own it is
// needed for them; elsewhere asking for it is refused.
func (p *Provider) scopes(found *discovered) []string {
	if len(p.Scopes) > 0 {
		return p.Scopes
	}
	scopes := []string{oidc.ScopeOpenID, "profile"}
	if claim, _, _ := strings.Cut(p.RoleClaim, "."); slices.Contains(found.Scopes, claim) && !slices.Contains(scopes, claim) {
		scopes = append(scopes, claim)
	}
	return scopes
}

func (p *Provider) config(found *discovered, redirect string) (*oauth2.Config, error) {
	secret, err := p.Secret()
	if err != nil {
		return nil, auth.NotSignedIn{Reason: auth.Misconfigured, Err: fault.Wrap(err, "reading auth.oidc.client_secret")}
	}
	endpoint := found.endpoint
	if secret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: p.Client, ClientSecret: secret, Endpoint: endpoint, RedirectURL: redirect, Scopes: p.scopes(found),
	}, nil
}
