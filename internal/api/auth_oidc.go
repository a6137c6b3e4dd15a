package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// Elsewhere lets people sign in with a provider of OpenID Connect.
type Elsewhere interface {
	// Begin returns where to send the browser, and what it has to bring back.
	Begin(ctx context.Context, errand auth.Errand) (address, cookie string, err error)
	// Finish returns for whom the provider vouches, and what was wanted.
	Finish(ctx context.Context, cookie string, answer url.Values) (auth.Vouched, auth.Errand, error)
	// End returns where one signs out at the provider; empty when it does not say.
	End(ctx context.Context, back string) string
}

const (
	// callback is where the provider sends browsers back to.
	callback = "/api/v1/auth/oidc/callback"
	// turnedAway is the parameter of a page that says why signing in came to
	// nothing.
	turnedAway = "sign_in"
	// maxBack bounds the address of the page to come back to.
	maxBack = 1024
)

// serveElsewhere sends a browser to the provider.
func (s *server) serveElsewhere(w http.ResponseWriter, r *http.Request) {
	if s.Elsewhere == nil {
		s.writeProblem(w, http.StatusNotFound, fault.NotFound, "Unity has no provider to sign in with", "set auth.oidc.issuer")
		return
	}
	errand := auth.Errand{Redirect: baseOf(r) + callback, Back: localPage(r.URL.Query().Get("to"))}
	address, cookie, err := s.Elsewhere.Begin(r.Context(), errand)
	if err != nil {
		s.turnAway(w, r, errand, err)
		return
	}
	http.SetCookie(w, attemptCookie(visitOf(r.Context()), cookie))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// serveCallback takes what the provider has a browser say.
func (s *server) serveCallback(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context())
	if s.Elsewhere == nil {
		s.writeProblem(w, http.StatusNotFound, fault.NotFound, "Unity has no provider to sign in with", "set auth.oidc.issuer")
		return
	}
	http.SetCookie(w, attemptCookie(v, "")) // it is good once
	cookie := ""
	if found, err := r.Cookie(attemptName(v.secure)); err == nil {
		cookie = found.Value
	}
	done, err := s.Auth.Admit(r.Context(), v.from)
	if err != nil {
		s.turnAway(w, r, auth.Errand{Back: "/"}, err)
		return
	}
	vouched, errand, err := s.Elsewhere.Finish(r.Context(), cookie, r.URL.Query())
	if err != nil {
		s.Auth.Record(r.Context(), auth.Entry{
			Action: "login", Target: s.Auth.Provider.Issuer + " " + string(auth.ReasonOf(err)), Address: v.from.Address, Refused: true,
		})
		s.turnAway(w, r, errand, err)
		return
	}
	if errand.Session == "" {
		err = s.signInVouched(w, r, vouched)
	} else {
		err = s.link(r, errand.Session, vouched)
	}
	if err != nil {
		s.turnAway(w, r, errand, err)
		return
	}
	done(true)
	http.Redirect(w, r, localPage(errand.Back), http.StatusSeeOther)
}

func (s *server) signInVouched(w http.ResponseWriter, r *http.Request, vouched auth.Vouched) error {
	v := visitOf(r.Context())
	_, secret, err := s.Auth.SignInVouched(r.Context(), vouched, v.from)
	if err != nil {
		return err
	}
	cookie := s.sessionCookie(v, secret)
	http.SetCookie(w, &cookie)
	return nil
}

// link links the account of the session that wanted it, which has to be the one
// that is still signed in here.
func (s *server) link(r *http.Request, session string, vouched auth.Vouched) error {
	who, err := s.recognise(r)
	if err != nil && fault.Of(err) != fault.Auth {
		return err
	}
	if err != nil || who.Session != session {
		return auth.NotSignedIn{Reason: auth.Expired, Err: fault.New(fault.Auth, "whoever wanted to link an account is not signed in any more")}
	}
	return s.Auth.Link(r.Context(), who, vouched, visitOf(r.Context()).from)
}

// turnAway sends a browser back to the page where it was. That page says why in
// words of its own: text in an address could be anybody's.
func (s *server) turnAway(w http.ResponseWriter, r *http.Request, errand auth.Errand, err error) {
	if r.Context().Err() != nil {
		return // nobody waits for it
	}
	s.Log.Warn("somebody could not sign in with the provider", "address", visitOf(r.Context()).from.Address, "reason", err, "hint", fault.Hint(err))
	back, parseErr := url.Parse(localPage(errand.Back))
	if parseErr != nil {
		back = &url.URL{Path: "/"}
	}
	query := back.Query()
	query.Set(turnedAway, string(auth.ReasonOf(err)))
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// localPage returns a page of this interface, as somebody asked for it, and "/"
// for everything that leads elsewhere. Browsers take a backslash for a slash, and
// two slashes for another host.
func localPage(text string) string {
	page, err := url.Parse(text)
	switch {
	case err != nil, len(text) > maxBack, page.Scheme != "", page.Host != "", page.User != nil, page.Opaque != "",
		!strings.HasPrefix(text, "/"), strings.HasPrefix(text, "//"), strings.ContainsAny(text, "\\\t\r\n"),
		strings.HasPrefix(page.Path, "//"), strings.HasPrefix(page.Path, "/api/"):
		return "/"
	}
	query := page.Query()
	query.Del(turnedAway)
	page.RawQuery = query.Encode()
	return page.String()
}

// baseOf returns the address of this server as whoever asks has it.
func baseOf(r *http.Request) string {
	scheme := "http://"
	if visitOf(r.Context()).secure {
		scheme = "https://"
	}
	return scheme + r.Host
}

func attemptName(secure bool) string {
	if secure {
		return "__Host-unity_sign_in"
	}
	return "unity_sign_in"
}

// attemptCookie returns the cookie that goes to the provider and back with a
// browser, or, when it is empty, the one that removes it.
func attemptCookie(v *visit, sealed string) *http.Cookie {
	cookie := &http.Cookie{
		Name: attemptName(v.secure), Value: sealed, Path: "/", HttpOnly: true, Secure: v.secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(auth.Patience.Seconds()),
	}
	if sealed == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// Departure says where to go to link an account.
type Departure struct {
	Address string `json:"address" doc:"At the provider; it leads back to the page of the account"`
}

type departing struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Departure
}

func (s *server) registerElsewhere() {
	const tag = "Login"
	link := operation("link-account", http.MethodPost, "/me/oidc", tag, "Begin to link the own account with the provider of OpenID Connect")
	link.Errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable}
	handle(s, link, s.beginLink)
	unlink := operation("unlink-account", http.MethodPost, "/me/oidc/remove", tag, "Part the own account from the provider; every other session ends")
	unlink.DefaultStatus, unlink.Errors = http.StatusNoContent, []int{http.StatusConflict}
	handle(s, unlink, s.unlink)
}

func (s *server) beginLink(ctx context.Context, in *struct{ Body Confirmation }) (*departing, error) {
	v := visitOf(ctx)
	if s.Elsewhere == nil {
		return nil, fault.New(fault.NotFound, "Unity has no provider to sign in with").WithHint("set auth.oidc.issuer")
	}
	if err := s.Auth.ConfirmLink(ctx, v.who, in.Body.Current, v.from); err != nil {
		return nil, denied(err)
	}
	address, cookie, err := s.Elsewhere.Begin(ctx, auth.Errand{Redirect: baseOf(v.request) + callback, Back: "/account", Session: v.who.Session})
	if err != nil {
		return nil, err
	}
	return &departing{SetCookie: []http.Cookie{*attemptCookie(v, cookie)}, Body: Departure{Address: address}}, nil
}

func (s *server) unlink(ctx context.Context, in *struct{ Body Confirmation }) (*struct{}, error) {
	v := visitOf(ctx)
	return nil, denied(s.Auth.Unlink(ctx, v.who, in.Body.Current, v.from))
}
