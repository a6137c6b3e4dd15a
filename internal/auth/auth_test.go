package auth_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

const password = "correct horse battery"

// plain is a sealer that hides nothing, so that tests see what is kept.
type plain struct{}

func (plain) Seal(text, place string) string {
	return place + "=" + base64.StdEncoding.EncodeToString([]byte(text))
}

func (plain) Open(sealed, place string) (string, error) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sealed, place+"="))
	return string(text), err
}

// world is a service with an administrator, and a clock that tests move.
type world struct {
	*auth.Service

	store auth.Store
	clock *atomic.Int64
	admin auth.Identity
	code  string
}

func (w *world) pass(d time.Duration) { w.clock.Add(int64(d)) }

func home() auth.From { return auth.From{Address: "192.168.1.5", Agent: "test"} }

func setup(t *testing.T, change ...func(*auth.Settings)) *world {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "unity.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{store: db.Accounts(), clock: new(atomic.Int64)}
	w.clock.Store(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC).UnixNano())
	settings := auth.Settings{
		Store: w.store, Sealer: plain{}, SessionIdle: 24 * time.Hour, SessionLifetime: 7 * 24 * time.Hour,
		AuditRetention: 30 * 24 * time.Hour, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(0, w.clock.Load()) },
	}
	for _, each := range change {
		each(&settings)
	}
	w.Service = auth.New(settings)
	if w.code, err = w.FirstCode(t.Context()); err != nil || w.code == "" {
		t.Fatalf("the first code is %q: %v", w.code, err)
	}
	_, secret, err := w.SetUp(t.Context(), w.code, "Admin", password, home())
	if err != nil {
		t.Fatal(err)
	}
	w.admin = w.who(t, secret)
	return w
}

func (w *world) who(t *testing.T, session string) auth.Identity {
	t.Helper()
	who, err := w.Recognise(t.Context(), auth.Credential{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// signIn signs in with a code or without, and returns the session.
func (w *world) signIn(ctx context.Context, name, password, code string) (string, error) {
	_, secret, needsCode, err := w.SignIn(ctx, auth.Login{Name: name, Password: password, Code: code}, home())
	if err == nil && needsCode {
		return "needs a code", nil
	}
	return secret, err
}

func wantKind(t *testing.T, what string, kind fault.Kind, err error) {
	t.Helper()
	if fault.Of(err) != kind {
		t.Errorf("%s: %v, want a fault of kind %q", what, err, kind)
	}
}

func TestTheFirstCodeMakesOneAdministrator(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if w.admin.Role != auth.Admin || w.admin.Name != "Admin" || w.admin.Via != auth.ViaSession {
		t.Errorf("the first account is %+v", w.admin)
	}
	if code, err := w.FirstCode(t.Context()); code != "" || err != nil {
		t.Errorf("once set up there is a code %q (%v)", code, err)
	}
	_, _, err := w.SetUp(t.Context(), w.code, "another", password, home())
	wantKind(t, "using the code again", fault.Auth, err)

	code, expires, err := w.NewSetupCode(t.Context())
	if err != nil || !expires.After(w.Now()) {
		t.Fatalf("a later code ends %v: %v", expires, err)
	}
	w.pass(time.Hour)
	_, _, err = w.SetUp(t.Context(), code, "another", password, home())
	wantKind(t, "using a code that has expired", fault.Auth, err)
	if code, _, err = w.NewSetupCode(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.SetUp(t.Context(), code, "ADMIN", password, home())
	wantKind(t, "a name that is taken", fault.Conflict, err)
	if _, _, err = w.SetUp(t.Context(), strings.ToLower(strings.ReplaceAll(code, "-", " ")), "another", password, home()); err != nil {
		t.Errorf("the code as people type it, after a mistake with the name: %v", err)
	}
}

func TestNothingThatOpensIsStored(t *testing.T) {
	t.Parallel()
	w := setup(t)
	secret, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := w.CreateToken(t.Context(), w.admin, auth.NewToken{Name: "x", Scope: auth.ScopeRead})
	if err != nil {
		t.Fatal(err)
	}
	sessions, sessionsErr := w.store.Sessions(t.Context(), "")
	tokens, tokensErr := w.store.Tokens(t.Context(), "")
	users, usersErr := w.store.Users(t.Context())
	if sessionsErr != nil || tokensErr != nil || usersErr != nil {
		t.Fatal(sessionsErr, tokensErr, usersErr)
	}
	stored := fmt.Sprintf("%+v %+v %+v", sessions, tokens, users)
	for _, each := range []string{secret, token, password, w.code} {
		if strings.Contains(stored, each) {
			t.Errorf("%q is stored as it is", each)
		}
	}
	if !strings.Contains(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error("the password is not hashed with argon2id")
	}
}

func TestAWrongNameIsAnsweredLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, name := w.signIn(t.Context(), "nobody", password, "")
	_, wrong := w.signIn(t.Context(), "admin", "wrong horse battery", "")
	wantKind(t, "a wrong name", fault.Auth, name)
	if name.Error() != wrong.Error() || fault.Hint(name) != fault.Hint(wrong) {
		t.Errorf("a wrong name is %q, a wrong password %q", name, wrong)
	}
	for _, each := range []string{"", strings.Repeat("x", 1<<20), "\x00", "admin\u202e"} {
		_, err := w.signIn(t.Context(), each, each, "")
		wantKind(t, "a senseless login", fault.Auth, err)
	}
}

func TestTooManyWrongPasswordsHaveToWait(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var err error
	tries := 0
	for ; fault.Of(err) != fault.RateLimited && tries < 100; tries++ {
		_, err = w.signIn(t.Context(), "admin", "wrong horse battery", "")
	}
	if tries != 11 || fault.Hint(err) == "" {
		t.Errorf("after %d tries: %v (%s), want 10 that are taken", tries, err, fault.Hint(err))
	}
	_, err = w.signIn(t.Context(), "ADMIN", password, "")
	wantKind(t, "the right password after too many wrong ones", fault.RateLimited, err)
	w.pass(30 * time.Second)
	if _, err = w.signIn(t.Context(), "admin", password, ""); err != nil {
		t.Errorf("the right password after a while: %v", err)
	}
	// One address tries many names.
	for n := range 40 {
		_, err = w.signIn(t.Context(), fmt.Sprint("name", n), password, "")
	}
	wantKind(t, "many names from one address", fault.RateLimited, err)
	_, _, _, err = w.SignIn(t.Context(), auth.Login{Name: "admin", Password: password}, auth.From{Address: "192.168.1.6"})
	if err != nil {
		t.Errorf("somebody else meanwhile: %v", err)
	}
}

func TestASessionEndsByTimeAndWhenItIsNotUsed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	idle, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	used, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	for hours := 0; hours < 7*24; hours += 12 {
		if _, err := w.Recognise(t.Context(), auth.Credential{Session: used}); err != nil {
			t.Fatalf("a session that is used ends after %d hours: %v", hours, err)
		}
		w.pass(12 * time.Hour)
		if hours == 24 {
			_, err = w.Recognise(t.Context(), auth.Credential{Session: idle})
			wantKind(t, "a session that was not used for a day", fault.Auth, err)
		}
	}
	_, err = w.Recognise(t.Context(), auth.Credential{Session: used})
	wantKind(t, "a session after a week", fault.Auth, err)
}

func TestATokenMayWhatItsScopeAndItsUserMay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	bob, err := w.CreateAccount(t.Context(), "bob", password, auth.Editor)
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[auth.Scope]auth.Role{auth.ScopeRead: auth.Viewer, auth.ScopeWrite: auth.Editor, auth.ScopeAdmin: auth.Editor} {
		token, secret, err := w.CreateToken(t.Context(), w.admin, auth.NewToken{
			Name: "x", User: "Bob", Scope: scope, Expires: w.Now().Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		who, err := w.Recognise(t.Context(), auth.Credential{Token: secret})
		if err != nil || who.Role != want || who.User != bob.ID || who.Token != token.ID {
			t.Errorf("a token for %s is %+v (%v), want a %s", scope, who, err, want)
		}
		_, err = w.Recognise(t.Context(), auth.Credential{Session: secret})
		wantKind(t, "a token as a session", fault.Auth, err)
	}
	_, last, err := w.CreateToken(t.Context(), w.admin, auth.NewToken{Name: "x", User: "bob", Scope: auth.ScopeWrite, Expires: w.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	viewer := auth.Viewer
	if _, err := w.ChangeAccount(t.Context(), bob.ID, auth.AccountChange{Role: &viewer}); err != nil {
		t.Fatal(err)
	}
	if who, err := w.Recognise(t.Context(), auth.Credential{Token: last}); err != nil || who.Role != auth.Viewer {
		t.Errorf("after a change of role the token is %+v (%v)", who, err)
	}
	w.pass(time.Hour)
	_, err = w.Recognise(t.Context(), auth.Credential{Token: last})
	wantKind(t, "a token that has expired", fault.Auth, err)

	who := auth.Identity{User: bob.ID, Role: auth.Editor, Via: auth.ViaSession}
	_, _, err = w.CreateToken(t.Context(), who, auth.NewToken{Name: "x", User: "admin", Scope: auth.ScopeRead})
	wantKind(t, "a token for somebody else", fault.Permission, err)
	_, _, err = w.CreateToken(t.Context(), auth.Local(), auth.NewToken{Name: "x", Scope: auth.ScopeRead})
	wantKind(t, "a token of nobody", fault.Config, err)
	_, _, err = w.CreateToken(t.Context(), who, auth.NewToken{Scope: "all", Expires: w.Now()})
	for _, want := range []string{"name has", "scope is", "expires is"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a senseless token: %v, which lacks %q", err, want)
		}
	}
}

func TestASecondFactorIsAskedForAndEachCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	factor, err := w.OfferFactor(t.Context(), w.admin)
	if err != nil || !strings.HasPrefix(factor.Picture, "data:image/png;base64,") || !strings.HasPrefix(factor.URI, "otpauth://totp/Unity:Admin?") {
		t.Fatalf("offered was %+v: %v", factor, err)
	}
	shows := func() string {
		t.Helper()
		code, err := totp.GenerateCode(factor.Secret, w.Now())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	_, err = w.SetFactor(t.Context(), w.admin, "wrong horse battery", factor.Secret, shows(), home())
	wantKind(t, "turning it on with a wrong password", fault.Config, err)
	_, err = w.SetFactor(t.Context(), w.admin, password, factor.Secret, "000000x", home())
	wantKind(t, "turning it on with a wrong code", fault.Config, err)
	recovery, err := w.SetFactor(t.Context(), w.admin, password, factor.Secret, shows(), home())
	if err != nil || len(recovery) != 10 {
		t.Fatalf("turning it on: %v, %v", recovery, err)
	}
	_, err = w.Recognise(t.Context(), auth.Credential{Session: other})
	wantKind(t, "the other session", fault.Auth, err)

	if got, err := w.signIn(t.Context(), "admin", password, ""); err != nil || got != "needs a code" {
		t.Errorf("with the password alone: %q, %v", got, err)
	}
	_, err = w.signIn(t.Context(), "admin", "wrong horse battery", shows())
	wantKind(t, "a wrong password with a right code", fault.Auth, err)
	_, err = w.signIn(t.Context(), "admin", password, shows())
	wantKind(t, "the code that turned it on", fault.Auth, err)
	w.pass(time.Minute)
	code := shows()
	if _, err := w.signIn(t.Context(), "admin", password, code); err != nil {
		t.Errorf("the next code: %v", err)
	}
	_, err = w.signIn(t.Context(), "admin", password, code)
	wantKind(t, "a code again", fault.Auth, err)
	if _, err := w.signIn(t.Context(), "admin", password, strings.ToLower(recovery[3])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	_, err = w.signIn(t.Context(), "admin", password, recovery[3])
	wantKind(t, "a recovery code again", fault.Auth, err)
	if account, left, err := w.Self(t.Context(), w.admin); err != nil || left != 9 || !account.HasFactor {
		t.Errorf("%d recovery codes are left (%v)", left, err)
	}

	w.pass(time.Hour)
	if err := w.RemoveFactor(t.Context(), w.admin, password, home()); err != nil {
		t.Fatal(err)
	}
	if got, err := w.signIn(t.Context(), "admin", password, ""); err != nil || got == "needs a code" {
		t.Errorf("after it was turned off: %q, %v", got, err)
	}
}

func TestWeakPasswordsAndStrangeNamesAreRefusedTogether(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, test := range map[string]struct{ name, password, want string }{
		"both":          {"", "short", "name is empty; password has less than 10 characters"},
		"a control":     {"a\u202eb", password, "name has characters other than"},
		"markup":        {"<script>", password, "name has characters other than"},
		"a long name":   {strings.Repeat("ä", 65), password, "name has more than 64 characters"},
		"the name":      {"abcdefghij", "ABCDEFGHIJ", "password is the name"},
		"one character": {"x", "aaaaaaaaaaaa", "password is one character over and over"},
		"too long":      {"x", strings.Repeat("ab", 200), "password has more than 256 bytes"},
	} {
		_, err := w.CreateAccount(t.Context(), test.name, test.password, auth.Viewer)
		if fault.Of(err) != fault.Config || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	_, err := w.CreateAccount(t.Context(), "x", password, "owner")
	wantKind(t, "a role that is none", fault.Config, err)
}

func TestWhoeverIsKnownStaysWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	secret, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	who := w.who(t, secret)
	w.pass(time.Minute)
	gone, cancel := context.WithTimeoutCause(t.Context(), 0, nil)
	defer cancel() // a database that does not answer in time
	if again, err := w.Recognise(gone, auth.Credential{Session: secret}); err != nil || !cmp.Equal(again, who) {
		t.Errorf("known before, now %+v (%v)", again, err)
	}
	_, err = w.Recognise(gone, auth.Credential{Session: "never seen"})
	wantKind(t, "somebody new", fault.Timeout, err)
}
