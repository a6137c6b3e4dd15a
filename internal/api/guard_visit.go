package api

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// Proxy says which reverse proxies are believed.
type Proxy struct {
	// Trusted are the addresses of proxies whose headers count.
	Trusted []netip.Prefix
	// UserHeader is the header in which they name who signed in; empty for none.
	UserHeader string
}

func (p Proxy) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(p.Trusted, func(prefix netip.Prefix) bool { return prefix.Contains(address) })
}

// visit is what is known of a request. The route's guard fills in who it is.
type visit struct {
	who     auth.Identity
	from    auth.From
	secure  bool // it came over TLS
	local   bool // it came through the socket in the data folder
	proxied bool // it came from a proxy that is trusted
	request *http.Request
	target  string
	called  string // what the Host header said, before a trusted proxy told better
}

type visitKey struct{}

// visitOf returns what is known of a request; never nil.
func visitOf(ctx context.Context) *visit {
	if known, ok := ctx.Value(visitKey{}).(*visit); ok {
		return known
	}
	return &visit{}
}

// visiting returns the request with what is known of it in its context.
func (s *server) visiting(r *http.Request, local bool) *http.Request {
	v := s.look(r, local)
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	v.request, v.called = r, r.Host
	if name := lastOf(r.Header.Values("X-Forwarded-Host")); v.proxied && name != "" {
		r.Host = name
	}
	return r
}

// look finds out where a request comes from.
func (s *server) look(r *http.Request, local bool) *visit {
	v := &visit{from: auth.From{Agent: r.UserAgent()}, local: local, secure: r.TLS != nil}
	if local {
		v.from.Address = "socket"
		return v
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		v.from.Address = host
		return v
	}
	address = address.Unmap()
	if v.proxied = s.Proxy.trusts(address); v.proxied {
		address = s.client(r, address)
		v.secure = v.secure || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	}
	v.from.Address = address.String()
	return v
}

// lastOf returns the last of a list in a header: what the nearest proxy added.
func lastOf(values []string) string {
	words := strings.Split(strings.Join(values, ","), ",")
	return strings.TrimSpace(words[len(words)-1])
}

// client returns the address that the nearest proxy that is not ours vouches
// for: the last one that is no trusted proxy itself.
func (s *server) client(r *http.Request, proxy netip.Addr) netip.Addr {
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	client := proxy
	for _, text := range slices.Backward(forwarded) {
		address, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return client
		}
		client = address.Unmap()
		if !s.Proxy.trusts(client) {
			return client
		}
	}
	return client
}

// Names of the cookie that holds a session. Browsers accept the second only
// over TLS, and only for this very host.
const (
	cookieName       = "unity_session"
	secureCookieName = "__Host-unity_session"
)

// recognise returns who sends a request.
func (s *server) recognise(r *http.Request) (auth.Identity, error) {
	v := visitOf(r.Context())
	if v.local {
		return auth.Local(), nil
	}
	if v.proxied && s.Proxy.UserHeader != "" {
		if name := r.Header.Get(s.Proxy.UserHeader); name != "" {
			return s.Auth.RecogniseName(r.Context(), name)
		}
	}
	return s.Auth.Recognise(r.Context(), credentialOf(r, v.secure))
}

func credentialOf(r *http.Request, secure bool) auth.Credential {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return auth.Credential{Token: strings.TrimSpace(token)}
	}
	// For programs that know nothing but a name and a password.
	if _, password, ok := r.BasicAuth(); ok {
		return auth.Credential{Token: password}
	}
	if cookie, err := r.Cookie(nameOfCookie(secure)); err == nil {
		return auth.Credential{Session: cookie.Value}
	}
	return auth.Credential{}
}

func nameOfCookie(secure bool) string {
	if secure {
		return secureCookieName
	}
	return cookieName
}

// sessionCookie returns the cookie that brings a session back, or, with an
// empty secret, the one that removes it.
func (s *server) sessionCookie(v *visit, secret string) http.Cookie {
	cookie := http.Cookie{
		Name: nameOfCookie(v.secure), Value: secret, Path: "/", HttpOnly: true, Secure: v.secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(s.Auth.SessionLifetime.Seconds()),
	}
	if secret == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// denied gives a fault of somebody who asks Unity itself its status. Elsewhere
// the same kinds tell of what Unity asked.
func denied(err error) error {
	var status int
	switch fault.Of(err) {
	case fault.Auth:
		status = http.StatusUnauthorized
	case fault.Permission:
		status = http.StatusForbidden
	default:
		return err
	}
	return &Problem{
		Type: "about:blank", Status: status, Title: http.StatusText(status),
		Kind: fault.Of(err), Detail: err.Error(), Hint: fault.Hint(err),
	}
}

func compare(a, b string) int {
	_, first, _ := strings.Cut(a, " ")
	_, second, _ := strings.Cut(b, " ")
	return cmp.Or(cmp.Compare(first, second), cmp.Compare(a, b))
}
