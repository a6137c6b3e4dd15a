package oidc_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/oidc"
	"github.com/unity-homelab/unity/test/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Main(m, servers.OIDC())) }

const (
	callback = "http://127.0.0.1:8080/api/v1/auth/oidc/callback"
	// secret is that of the client at the provider.
	secret = "unity-secret"
)

// real is the address of the provider that the tests share.
func real(t *testing.T) string {
	t.Helper()
	issuer := os.Getenv("UNITY_TEST_OIDC_URL")
	needs(t, issuer != "", "Node and the packages of test/servers/oidc")
	return issuer
}

// needs skips the test on a machine that lacks something; in CI it does not pass.
func needs(t *testing.T, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") != "":
		t.Fatalf("CI lacks %s", what)
	default:
		t.Skipf("needs %s", what)
	}
}

// plain is a sealer that hides nothing, and refuses what it did not seal.
type plain struct{}

func (plain) Seal(text, place string) string {
	return place + "=" + base64.RawURLEncoding.EncodeToString([]byte(text))
}

func (plain) Open(sealed, place string) (string, error) {
	encoded, ok := strings.CutPrefix(sealed, place+"=")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return "", errors.New("not sealed here")
	}
	return string(text), nil
}

// party is Unity as the provider knows it, with a clock of its own.
type party struct {
	*oidc.Provider

	ahead time.Duration
}

func newParty(issuer string, change ...func(*oidc.Settings)) *party {
	p := &party{}
	settings := oidc.Settings{
		Issuer: issuer, Client: "unity", Secret: func() (string, error) { return secret, nil }, RoleClaim: "groups",
		Transport: &http.Transport{DisableKeepAlives: true}, Sealer: plain{}, Now: func() time.Time { return time.Now().Add(p.ahead) },
	}
	for _, each := range change {
		each(&settings)
	}
	p.Provider = oidc.New(settings)
	return p
}

// person makes somebody known to the provider.
func person(t *testing.T, issuer, subject, claims string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, issuer+"/people/"+subject, strings.NewReader(claims))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// browser is a browser of somebody. It does not follow what leads back to Unity.
type browser struct{ http.Client }

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(to *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(to.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// visit goes to the provider, says who it is, and returns what the provider has
// it tell Unity. Without a subject it refuses.
func (b *browser) visit(t *testing.T, address, subject string) url.Values {
	t.Helper()
	at, _ := b.send(t, http.MethodGet, address, "")
	form := url.Values{"do": {"refuse"}}
	if subject != "" {
		form = url.Values{"do": {"enter"}, "subject": {subject}}
	}
	at, back := b.send(t, http.MethodPost, at.String(), form.Encode())
	if back == nil {
		t.Fatalf("the provider does not lead back from %s", at)
	}
	return back.Query()
}

// send returns where a request ended, and where that leads back to Unity.
func (b *browser) send(t *testing.T, method, address, body string) (at, back *url.URL) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	back, err = response.Location()
	if err != nil && !errors.Is(err, http.ErrNoLocation) {
		t.Fatal(err)
	}
	return response.Request.URL, back
}

func (p *party) begin(t *testing.T) (address, cookie string) {
	t.Helper()
	address, cookie, err := p.Begin(t.Context(), auth.Errand{Redirect: callback, Back: "/sources", Session: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	return address, cookie
}

func wantReason(t *testing.T, what string, want auth.Reason, err error) {
	t.Helper()
	if err == nil || auth.ReasonOf(err) != want {
		t.Errorf("%s: %q (%v), want %q", what, auth.ReasonOf(err), err, want)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("%s: the error tells the secret: %v", what, err)
	}
}

func TestSomebodyIsVouchedForWithNameAndGroups(t *testing.T) {
	t.Parallel()
	issuer := real(t)
	person(t, issuer, "u-17", `{"preferred_username":"ann","groups":["family","admins"]}`)
	p := newParty(issuer)
	address, cookie := p.begin(t)
	asked, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(asked.Query().Get(name)) < 26 {
			t.Errorf("%s is %q", name, asked.Query().Get(name))
		}
	}
	if scope, method := asked.Query().Get("scope"), asked.Query().Get("code_challenge_method"); scope != "openid profile groups" || method != "S256" {
		t.Errorf("asked is for %q with %q", scope, method)
	}
	got, errand, err := p.Finish(t.Context(), cookie, newBrowser(t).visit(t, address, "u-17"))
	want := auth.Vouched{Issuer: issuer, Subject: "u-17", Name: "ann", Groups: []string{"family", "admins"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("vouched for (-want +got), %v:\n%s", err, diff)
	}
	if want := (auth.Errand{Redirect: callback, Back: "/sources", Session: "s1"}); errand != want {
		t.Errorf("the errand is %+v", errand)
	}
	// What the provider says counts at each login.
	person(t, issuer, "u-17", `{"preferred_username":"anna","groups":["family"]}`)
	address, cookie = p.begin(t)
	got, _, err = p.Finish(t.Context(), cookie, newBrowser(t).visit(t, address, "u-17"))
	if want.Name, want.Groups = "anna", []string{"family"}; err != nil || !cmp.Equal(want, got) {
		t.Errorf("later it is %+v (%v)", got, err)
	}
	if end := p.End(t.Context(), "http://127.0.0.1:8080/"); !strings.HasPrefix(end, issuer+"/session/end?client_id=unity&post_logout_redirect_uri=http%3A%2F%2F127") {
		t.Errorf("one signs out at %q", end)
	}
}

func TestAnAnswerIsGoodOnceAndOnlyForTheBrowserThatBegan(t *testing.T) {
	t.Parallel()
	issuer := real(t)
	person(t, issuer, "once", `{"preferred_username":"once","groups":[]}`)
	p := newParty(issuer)
	address, _ := p.begin(t)
	answer := newBrowser(t).visit(t, address, "once")

	// Somebody has the answer, and an attempt of their own.
	_, theirs := p.begin(t)
	_, _, err := p.Finish(t.Context(), theirs, answer)
	wantReason(t, "the answer of another browser", auth.Expired, err)
	var begun struct{ State string }
	decode(t, theirs, &begun)
	stolen := url.Values{"code": answer["code"], "iss": answer["iss"], "state": {begun.State}}
	_, theirs = p.begin(t)
	decode(t, theirs, &begun)
	stolen.Set("state", begun.State)
	_, _, err = p.Finish(t.Context(), theirs, stolen)
	wantReason(t, "a stolen code in an attempt of one's own", auth.Expired, err)
	if !strings.Contains(err.Error(), "does not take the code") {
		t.Errorf("the provider does not look at the verifier: %v", err)
	}
	for name, cookie := range map[string]string{"no cookie": "", "a cookie of another": "sign-in=e30", "a broken cookie": "x"} {
		_, _, err = p.Finish(t.Context(), cookie, answer)
		wantReason(t, name, auth.Expired, err)
	}

	address, cookie := p.begin(t)
	answer = newBrowser(t).visit(t, address, "once")
	if _, _, err := p.Finish(t.Context(), cookie, answer); err != nil {
		t.Fatal(err)
	}
	_, _, err = p.Finish(t.Context(), cookie, answer)
	wantReason(t, "the same answer again", auth.Expired, err)
	// Another hub on the same database does not know that it was used; the
	// provider does.
	_, _, err = newParty(issuer).Finish(t.Context(), cookie, answer)
	wantReason(t, "the same answer at another hub", auth.Expired, err)
}

func decode(t *testing.T, cookie string, into *struct{ State string }) {
	t.Helper()
	text, err := plain{}.Open(cookie, "sign-in")
	if err != nil {
		t.Fatal(err)
	}
	_, state, _ := strings.Cut(text, `"State":"`)
	into.State, _, _ = strings.Cut(state, `"`)
}

func TestAnAnswerIsGoodForTenMinutes(t *testing.T) {
	t.Parallel()
	issuer := real(t)
	person(t, issuer, "slow", `{"preferred_username":"slow","groups":[]}`)
	p := newParty(issuer)
	address, cookie := p.begin(t)
	answer := newBrowser(t).visit(t, address, "slow")
	p.ahead = auth.Patience + time.Second
	_, errand, err := p.Finish(t.Context(), cookie, answer)
	wantReason(t, "after ten minutes", auth.Expired, err)
	if errand.Back != "/sources" {
		t.Errorf("it leads back to %q", errand.Back)
	}
}

func TestANonceOfAnotherAttemptIsNotTrusted(t *testing.T) {
	t.Parallel()
	issuer := real(t)
	person(t, issuer, "nonce", `{"preferred_username":"nonce","groups":[]}`)
	p := newParty(issuer)
	for _, nonce := range []string{"another", ""} {
		address, cookie := p.begin(t)
		changed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := changed.Query()
		query.Set("nonce", nonce)
		changed.RawQuery = query.Encode()
		_, _, err = p.Finish(t.Context(), cookie, newBrowser(t).visit(t, changed.String(), "nonce"))
		wantReason(t, fmt.Sprintf("the nonce %q", nonce), auth.Mistrusted, err)
	}
}

func TestClocksMayBeALittleApart(t *testing.T) {
	t.Parallel()
	issuer := real(t)
	person(t, issuer, "clock", `{"preferred_username":"clock","groups":[]}`)
	for ahead, want := range map[time.Duration]auth.Reason{
		4 * time.Minute: "", -4 * time.Minute: "", 6 * time.Minute: auth.Clock, -6 * time.Minute: auth.Clock, 48 * time.Hour: auth.Clock,
	} {
		p := newParty(issuer)
		p.ahead = ahead
		address, cookie := p.begin(t)
		_, _, err := p.Finish(t.Context(), cookie, newBrowser(t).visit(t, address, "clock"))
		if want == "" {
			if err != nil {
				t.Errorf("%v apart: %v", ahead, err)
			}
			continue
		}
		wantReason(t, ahead.String()+" apart", want, err)
		if fault.Hint(err) == "" || !strings.Contains(err.Error(), "apart") {
			t.Errorf("%v apart: %v, without a hint", ahead, err)
		}
	}
}

func TestWhatTheProviderRefusesIsToldApart(t *testing.T) {
	t.Parallel()
	issuer := real(t)
	person(t, issuer, "refused", `{"preferred_username":"refused","groups":[]}`)
	p := newParty(issuer)
	address, cookie := p.begin(t)
	_, _, err := p.Finish(t.Context(), cookie, newBrowser(t).visit(t, address, ""))
	wantReason(t, "somebody says no", auth.Cancelled, err)

	p = newParty(issuer, func(settings *oidc.Settings) { settings.Secret = func() (string, error) { return "wrong", nil } })
	address, cookie = p.begin(t)
	_, _, err = p.Finish(t.Context(), cookie, newBrowser(t).visit(t, address, "refused"))
	wantReason(t, "a wrong secret", auth.Misconfigured, err)

	p = newParty(issuer)
	address, cookie = p.begin(t)
	answer := newBrowser(t).visit(t, address, "refused")
	answer.Set("iss", "https://evil.example")
	_, _, err = p.Finish(t.Context(), cookie, answer)
	wantReason(t, "the answer of another provider", auth.Mistrusted, err)

	p = newParty(issuer)
	address, cookie = p.begin(t)
	answer = newBrowser(t).visit(t, address, "refused")
	answer.Del("iss")
	_, _, err = p.Finish(t.Context(), cookie, answer)
	wantReason(t, "an answer of nobody", auth.Mistrusted, err)

	p = newParty(issuer+"/", func(settings *oidc.Settings) { settings.Issuer = issuer + "/" })
	_, _, err = p.Begin(t.Context(), auth.Errand{Redirect: callback})
	wantReason(t, "an issuer that calls itself otherwise", auth.Misconfigured, err)
	p = newParty(issuer, func(settings *oidc.Settings) {
		settings.Secret = func() (string, error) { return "", fault.New(fault.Config, "no such variable") }
	})
	_, _, err = p.Begin(t.Context(), auth.Errand{Redirect: callback})
	wantReason(t, "a secret that is not there", auth.Misconfigured, err)
}

func TestAProviderThatIsAwayIsSaidAndAskedAgain(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.OIDC())
	issuer := server.URL()
	person(t, issuer, "away", `{"preferred_username":"away","groups":[]}`)
	p := newParty(issuer)
	address, cookie := p.begin(t)
	answer := newBrowser(t).visit(t, address, "away")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	_, errand, err := p.Finish(t.Context(), cookie, answer)
	wantReason(t, "it goes away half way", auth.Away, err)
	if errand.Back != "/sources" {
		t.Errorf("it leads back to %q", errand.Back)
	}
	p = newParty(issuer)
	for range 2 { // the second is not sent
		_, _, err = p.Begin(t.Context(), auth.Errand{Redirect: callback})
		wantReason(t, "it is away from the start", auth.Away, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = newParty(issuer).Begin(gone, auth.Errand{Redirect: callback})
	wantReason(t, "nobody waits", auth.Away, err)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	p.ahead = time.Minute
	if _, _, err := p.Begin(t.Context(), auth.Errand{Redirect: callback}); err != nil {
		t.Errorf("it is back: %v", err)
	}
}
