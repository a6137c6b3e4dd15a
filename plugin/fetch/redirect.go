package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"github.com/unity-homelab/unity/fault"
)

// ErrManyRedirects is in the chain of the error for an endless redirection.
var ErrManyRedirects = errors.New("too many redirects")

// CheckRedirect returns the rule for http.Client that this package's clients
// obey: at most so many redirects, freely within the service, to another one
// without anything that could be a credential, also when that one leads back,
// and never with a body. With a transport that dials with [GuardDial], no service
// elsewhere leads to the machine that asks.
func CheckRedirect(most int) func(*http.Request, []*http.Request) error {
	return func(request *http.Request, via []*http.Request) error {
		if len(via) > most {
			return ErrManyRedirects
		}
		home := via[0].URL
		stays := func(r *http.Request) bool { return sameService(home, r.URL) }
		if stays(request) && !slices.ContainsFunc(via, func(r *http.Request) bool { return !stays(r) }) {
			return nil
		}
		if request.Body != nil && request.Body != http.NoBody {
			return http.ErrUseLastResponse
		}
		kept := make(http.Header)
		for _, name := range []string{"User-Agent", "Accept", "Accept-Language"} {
			if values := request.Header.Values(name); len(values) > 0 {
				kept[name] = values
			}
		}
		ctx := request.Context()
		if !isHere(home.Hostname()) {
			ctx = context.WithValue(ctx, sentKey{}, true)
		}
		if !stays(request) {
			ctx = context.WithValue(ctx, elsewhereKey{}, true)
		}
		*request = *request.WithContext(ctx)
		request.Header, request.Host = kept, ""
		return nil
	}
}

// sentKey marks the context of a request that somebody else sent us on.
type sentKey struct{}

// elsewhereKey marks the context of a request to another service than the one
// that was to be asked.
type elsewhereKey struct{}

// GuardDial returns dial as transports of plugins use it: what is asked because
// a service elsewhere redirected there does not reach this machine itself, nor
// what only this machine sees. Whatever listens there takes whoever connects for
// one of its own.
func GuardDial(
	dial func(ctx context.Context, network, address string) (net.Conn, error),
) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil || ctx.Value(sentKey{}) == nil {
			return conn, err
		}
		if at, ok := conn.RemoteAddr().(*net.TCPAddr); ok && ours(at.AddrPort().Addr().Unmap()) {
			_ = conn.Close() // nothing was said
			return nil, fault.New(fault.WrongService, "it redirects to %s, which is this machine itself", address).
				WithHint("see why the service does that; to watch something on this machine, name its own address")
		}
		return conn, nil
	}
}

// isHere reports whether the name of a host says that it is this machine.
func isHere(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ours(address.Unmap())
}

func ours(address netip.Addr) bool {
	return address.IsLoopback() || address.IsUnspecified() || address.IsLinkLocalUnicast()
}

// sameService reports whether a redirect stays where it began, or goes from
// HTTP to HTTPS on the same host.
func sameService(from, to *url.URL) bool {
	if from.Scheme == to.Scheme && from.Host == to.Host {
		return true
	}
	return from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname() &&
		(from.Port() == "" || from.Port() == "80") && (to.Port() == "" || to.Port() == "443")
}
