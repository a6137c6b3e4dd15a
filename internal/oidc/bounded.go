package oidc

import (
	"io"
	"net/http"

	"github.com/unity-homelab/unity/fault"
)

// maxAnswer bounds what is read of an answer of the provider.
const maxAnswer = 1 << 20

// bounded bounds answers, and makes a fault of those that say that the provider
// itself, or a proxy before it, is in trouble.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusInternalServerError {
		_ = response.Body.Close() // its body says nothing that helps
		return nil, fault.New(fault.Unreachable, "the provider answers %s", response.Status)
	}
	response.Body = limited{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

type limited struct {
	io.Reader
	io.Closer
}
