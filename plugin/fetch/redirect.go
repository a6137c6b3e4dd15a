package fetch

import (
	"errors"
	"net/http"
	"net/url"
)

// ErrManyRedirects is in the chain of the error for an endless redirection.
var ErrManyRedirects = errors.New("too many redirects")

// CheckRedirect returns the rule for http.Client that this package's clients
// obey: at most so many redirects, freely within the service, to another one
// without anything that could be a credential, and never with a body.
func CheckRedirect(most int) func(*http.Request, []*http.Request) error {
	return func(request *http.Request, via []*http.Request) error {
		if len(via) > most {
			return ErrManyRedirects
		}
		if sameService(via[0].URL, request.URL) {
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
		request.Header = kept
		return nil
	}
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
