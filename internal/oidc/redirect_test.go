package oidc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/unity-homelab/unity/internal/auth"
)

func TestTheSecretIsNotCarriedAlongToSomewhereElse(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	mux := http.NewServeMux()
	provider := httptest.NewServer(mux)
	t.Cleanup(provider.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`,
			provider.URL, provider.URL+"/auth", provider.URL+"/token", provider.URL+"/keys")
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	p := newParty(provider.URL)
	_, cookie := p.begin(t)
	var begun struct{ State string }
	decode(t, cookie, &begun)
	_, _, err := p.Finish(t.Context(), cookie, url.Values{"code": {"x"}, "state": {begun.State}})
	wantReason(t, "a provider that sends on", auth.Mistrusted, err)
	if elsewhere.Load() != 0 {
		t.Errorf("the secret was sent elsewhere %d times", elsewhere.Load())
	}
}
