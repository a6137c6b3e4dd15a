package api

import (
	"context"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// AuthState says whether Unity is set up, and who asks.
type AuthState struct {
	SetUp     bool   `json:"set_up" doc:"False until the first account is made"`
	Passwords bool   `json:"passwords" doc:"One may sign in with a password"`
	Provider  string `json:"provider,omitempty" doc:"Name of the provider of OpenID Connect to sign in with at /api/v1/auth/oidc; absent without one"`
	User      *Me    `json:"user,omitempty" doc:"Who is signed in; absent for nobody"`
	Demo      bool   `json:"demo,omitempty" doc:"What is shown is made up"`
}

// Me is whoever asks.
type Me struct {
	ID   string `json:"id,omitempty" doc:"Absent for whoever uses the socket"`
	Name string `json:"name"`
	Role string `json:"role" enum:"viewer,editor,admin" doc:"What may be done; of a token, what its scope leaves"`
	Via  string `json:"via" enum:"session,token,proxy,socket"`
}

func meOf(who auth.Identity) Me {
	return Me{ID: who.User, Name: who.Name, Role: string(who.Role), Via: string(who.Via)}
}

// SetupRequest makes the first account.
type SetupRequest struct {
	Code     string `json:"code" maxLength:"64" doc:"The code that Unity printed when it started"`
	Name     string `json:"name" maxLength:"64"`
	Password string `json:"password" maxLength:"256" doc:"At least 10 characters"`
}

// LoginRequest is what somebody signs in with.
type LoginRequest struct {
	Name     string `json:"name" maxLength:"256"`
	Password string `json:"password" maxLength:"1024"`
	Code     string `json:"code,omitempty" maxLength:"64" doc:"Of the second factor, or a recovery code"`
}

// LoginAnswer says whether somebody is signed in.
type LoginAnswer struct {
	NeedsCode bool `json:"needs_code" doc:"The password is right, and a code of the second factor is needed: send all three"`
	User      *Me  `json:"user,omitempty"`
}

// LogoutAnswer says what is left to do.
type LogoutAnswer struct {
	Address string `json:"address,omitempty" doc:"Where to sign out at the provider of OpenID Connect, if that is wanted; it leads back"`
}

type signedOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      LogoutAnswer
}

// SetupCode makes one administrator.
type SetupCode struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

type signedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      LoginAnswer
}

func (s *server) registerAuth() {
	const tag = "Login"
	handle(s, operation("get-auth", http.MethodGet, "/auth", tag, "Whether Unity is set up, and who is signed in"), s.getAuth)
	setup := operation("set-up", http.MethodPost, "/auth/setup", tag, "Make the first account with the code that Unity printed, and sign in")
	setup.Errors = []int{http.StatusUnauthorized, http.StatusTooManyRequests}
	handle(s, setup, s.setUp)
	login := operation("login", http.MethodPost, "/auth/login", tag, "Sign in: the session is in a cookie")
	login.Errors = []int{http.StatusUnauthorized, http.StatusTooManyRequests}
	handle(s, login, s.login)
	logout := operation("logout", http.MethodPost, "/auth/logout", tag, "End the session of the cookie")
	handle(s, logout, s.logout)
	code := operation("create-setup-code", http.MethodPost, "/auth/setup-code", tag, "Make a code that makes one administrator")
	code.DefaultStatus = http.StatusCreated
	handle(s, code, s.createSetupCode)
}

func (s *server) getAuth(ctx context.Context, _ *struct{}) (*body[AuthState], error) {
	done, err := s.Auth.IsSetUp(ctx)
	if err != nil {
		return nil, err
	}
	state := AuthState{SetUp: done, Passwords: !s.Auth.NoPasswords, Provider: s.Auth.Provider.Name, Demo: s.Demo}
	who, err := s.recogniseContext(ctx)
	switch {
	case err == nil:
		me := meOf(who)
		state.User = &me
	case fault.Of(err) != fault.Auth:
		return nil, err
	}
	return &body[AuthState]{Body: state}, nil
}

// recogniseContext is recognise for routes that are open to anybody.
func (s *server) recogniseContext(ctx context.Context) (auth.Identity, error) {
	r := visitOf(ctx).request
	if r == nil {
		return auth.Identity{}, fault.New(fault.Auth, "nobody asks")
	}
	return s.recognise(r)
}

func (s *server) setUp(ctx context.Context, in *struct{ Body SetupRequest }) (*signedIn, error) {
	v := visitOf(ctx)
	user, secret, err := s.Auth.SetUp(ctx, in.Body.Code, in.Body.Name, in.Body.Password, v.from)
	if err != nil {
		return nil, denied(err)
	}
	return s.welcome(v, user, secret), nil
}

func (s *server) login(ctx context.Context, in *struct{ Body LoginRequest }) (*signedIn, error) {
	v := visitOf(ctx)
	user, secret, needsCode, err := s.Auth.SignIn(ctx, auth.Login(in.Body), v.from)
	if err != nil {
		return nil, denied(err)
	}
	if needsCode {
		return &signedIn{Body: LoginAnswer{NeedsCode: true}}, nil
	}
	return s.welcome(v, user, secret), nil
}

func (s *server) welcome(v *visit, user auth.User, secret string) *signedIn {
	me := Me{ID: user.ID, Name: user.Name, Role: string(user.Role), Via: string(auth.ViaSession)}
	return &signedIn{SetCookie: []http.Cookie{s.sessionCookie(v, secret)}, Body: LoginAnswer{User: &me}}
}

// logout is good for whoever is signed in and for whoever is not any more: the
// cookie goes either way.
func (s *server) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	v := visitOf(ctx)
	who, err := s.recogniseContext(ctx)
	if err == nil {
		if err := s.Auth.Logout(ctx, who); err != nil && fault.Of(err) != fault.NotFound {
			return nil, err
		}
		s.Auth.Did(ctx, who, "logout", "", v.from)
	} else if fault.Of(err) != fault.Auth {
		return nil, err
	}
	out := &signedOut{SetCookie: []http.Cookie{s.sessionCookie(v, "")}}
	if s.Elsewhere != nil && s.Auth.Provider.SignOut && who.Method.OfProvider() {
		out.Body.Address = s.Elsewhere.End(ctx, baseOf(v.request)+"/")
	}
	return out, nil
}

func (s *server) createSetupCode(ctx context.Context, _ *struct{}) (*body[SetupCode], error) {
	code, expires, err := s.Auth.NewSetupCode(ctx)
	if err != nil {
		return nil, err
	}
	return &body[SetupCode]{Body: SetupCode{Code: code, Expires: expires}}, nil
}
