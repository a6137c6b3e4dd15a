package auth_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// withProvider is a provider that makes accounts and says who is what.
func withProvider(settings *auth.Settings) {
	settings.Provider = auth.Provider{
		Name: "Keys", Issuer: "https://keys.example", Client: "unity", Create: true,
		Roles: map[string]auth.Role{"admins": auth.Admin, "family": auth.Viewer, "friends": auth.Editor},
	}
}

func vouched(subject, name string, groups ...string) auth.Vouched {
	return auth.Vouched{Issuer: "https://keys.example", Subject: subject, Name: name, Groups: groups}
}

// enter signs in with the provider and returns the session.
func (w *world) enter(t *testing.T, who auth.Vouched) (auth.User, string) {
	t.Helper()
	user, secret, err := w.SignInVouched(t.Context(), who, home())
	if err != nil {
		t.Fatal(err)
	}
	return user, secret
}

func (w *world) in(t *testing.T, session string) bool {
	t.Helper()
	_, err := w.Recognise(t.Context(), auth.Credential{Session: session})
	return err == nil
}

func wantReason(t *testing.T, what string, want auth.Reason, err error) {
	t.Helper()
	if err == nil || auth.ReasonOf(err) != want {
		t.Errorf("%s: %q (%v), want %q", what, auth.ReasonOf(err), err, want)
	}
}

func TestGroupsOfTheProviderDecideTheRoleAtEachLogin(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider)
	ann, first := w.enter(t, vouched("1", "Ann Example", "family", "friends", "unknown"))
	if ann.Name != "Ann.Example" || ann.Role != auth.Editor || ann.Password != "" {
		t.Errorf("the account is %+v", ann)
	}
	again, second := w.enter(t, vouched("1", "somebody", "friends"))
	if again.ID != ann.ID || again.Name != ann.Name || !w.in(t, first) {
		t.Errorf("another name at the provider makes %+v, and the first session goes on: %v", again, w.in(t, first))
	}
	less, third := w.enter(t, vouched("1", "ann", "family"))
	if less.Role != auth.Viewer || w.in(t, first) || w.in(t, second) || !w.in(t, third) {
		t.Errorf("with one group less the role is %s, and earlier sessions go on: %v %v", less.Role, w.in(t, first), w.in(t, second))
	}
	_, _, err := w.SignInVouched(t.Context(), vouched("1", "ann"), home())
	wantReason(t, "without a group", auth.NoRole, err)
	if w.in(t, third) {
		t.Error("a session goes on though no group gives a role")
	}
	_, _, err = w.SignInVouched(t.Context(), vouched("2", "eve", "strangers"), home())
	wantReason(t, "a stranger without a group", auth.NoRole, err)
	entries, err := w.Entries(t.Context(), auth.EntryFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range slices.Backward(entries) {
		got = append(got, fmt.Sprintf("%s %s %s %v", entry.Name, entry.Action, entry.Target, entry.Refused))
	}
	want := []string{
		"Admin setup Admin false",
		"Ann.Example user.create Ann.Example false", "Ann.Example login https://keys.example false",
		"Ann.Example login https://keys.example false",
		"Ann.Example user.change Ann.Example viewer false", "Ann.Example login https://keys.example false",
		"ann login https://keys.example role true", "eve login https://keys.example role true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("written down is\n%q\nwant\n%q", got, want)
	}
}

func TestAnAccountIsNeverFoundByItsName(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider)
	_, _, err := w.SignInVouched(t.Context(), vouched("1", "admin", "admins"), home())
	wantReason(t, "the name of another account", auth.Taken, err)
	other := vouched("1", "zoe", "family")
	zoe, _ := w.enter(t, other)
	other.Issuer = "https://elsewhere.example"
	_, _, err = w.SignInVouched(t.Context(), other, home())
	wantReason(t, "the same subject of another issuer", auth.Taken, err)
	for _, strange := range []auth.Vouched{
		vouched("", "x", "family"), vouched("a b", "x", "family"), vouched("a\x00", "x", "family"),
		vouched(fmt.Sprintf("%0300d", 1), "x", "family"), vouched("5", "", "family"), vouched("6", "<>", "family"),
	} {
		_, _, err = w.SignInVouched(t.Context(), strange, home())
		wantReason(t, fmt.Sprintf("%+v", strange), auth.Mistrusted, err)
	}
	if again, _ := w.enter(t, vouched("1", "zoe", "family")); again.ID != zoe.ID {
		t.Error("the account is another")
	}
}

func TestOnlyWhoMayIsMadeAnAccount(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider, func(settings *auth.Settings) { settings.Provider.Create = false })
	_, _, err := w.SignInVouched(t.Context(), vouched("1", "ann", "admins"), home())
	wantReason(t, "nobody is made an account", auth.Stranger, err)

	w = setup(t, withProvider, func(settings *auth.Settings) { settings.Provider.Roles, settings.Provider.Default = nil, auth.Viewer })
	ann, _ := w.enter(t, vouched("1", "ann", "admins"))
	editor := auth.Editor
	if _, err := w.ChangeAccount(t.Context(), ann.ID, auth.AccountChange{Role: &editor}); err != nil {
		t.Fatal(err)
	}
	if again, _ := w.enter(t, vouched("1", "ann")); ann.Role != auth.Viewer || again.Role != auth.Editor {
		t.Errorf("roles are given in Unity, and were %s, then %s", ann.Role, again.Role)
	}
}

func TestTheLastAdministratorStaysWhateverTheProviderSays(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider)
	ann, _ := w.enter(t, vouched("1", "ann", "admins"))
	if err := w.Link(t.Context(), w.admin, vouched("2", "boss"), home()); err != nil {
		t.Fatal(err)
	}
	w.enter(t, vouched("1", "ann", "family")) // there is another
	_, _, err := w.SignInVouched(t.Context(), vouched("2", "boss", "family"), home())
	wantReason(t, "the last administrator", auth.LastAdmin, err)
	if account, err := w.AccountByName(t.Context(), "admin"); err != nil || account.Role != auth.Admin {
		t.Errorf("the last administrator is %+v (%v), and ann %s", account, err, ann.ID)
	}
}

func TestAnAccountIsLinkedWithThePasswordAndParted(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider, func(settings *auth.Settings) { settings.Provider.Roles = nil })
	other, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "linking with a wrong password", fault.Config, w.ConfirmLink(t.Context(), w.admin, "wrong horse", home()))
	wantKind(t, "linking through the socket", fault.Conflict, w.ConfirmLink(t.Context(), auth.Local(), password, home()))
	if err := w.ConfirmLink(t.Context(), w.admin, password, home()); err != nil {
		t.Fatal(err)
	}
	if err := w.Link(t.Context(), w.admin, vouched("1", "boss"), home()); err != nil {
		t.Fatal(err)
	}
	user, session := w.enter(t, vouched("1", "boss"))
	if user.ID != w.admin.User || w.in(t, other) {
		t.Errorf("signed in as %s; the other session goes on: %v", user.Name, w.in(t, other))
	}
	bob, err := w.CreateAccount(t.Context(), "bob", password, auth.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Link(t.Context(), auth.Identity{User: bob.ID}, vouched("1", "boss"), home())
	wantReason(t, "linking what is linked", auth.Linked, err)
	who := w.who(t, session)
	if !who.Method.OfProvider() {
		t.Errorf("the session began by %q", who.Method)
	}
	if account, _, err := w.Self(t.Context(), who); err != nil || account.Issuer != "https://keys.example" {
		t.Errorf("the account is %+v (%v)", account, err)
	}
	if err := w.Unlink(t.Context(), who, password, home()); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "parting what is parted", fault.Conflict, w.Unlink(t.Context(), who, password, home()))
}

func TestASessionEndsWhenTheWayItBeganIsSwitchedOff(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider)
	byPassword, err := w.signIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	_, byProvider := w.enter(t, vouched("1", "ann", "family"))
	for name, test := range map[string]struct {
		change             func(*auth.Settings)
		password, provider bool
	}{
		"nothing":          {func(*auth.Settings) {}, true, true},
		"passwords off":    {func(s *auth.Settings) { s.NoPasswords = true }, false, true},
		"no provider":      {func(s *auth.Settings) { s.Provider = auth.Provider{} }, true, false},
		"another provider": {func(s *auth.Settings) { s.Provider.Issuer += "/other" }, true, false},
		"another client":   {func(s *auth.Settings) { s.Provider.Client += "2" }, true, false},
		"another name":     {func(s *auth.Settings) { s.Provider.Name += "2" }, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := w.Settings
			test.change(&settings)
			later := &world{Service: auth.New(settings), store: w.store, clock: w.clock}
			if got := later.in(t, byPassword); got != test.password {
				t.Errorf("the session by password goes on: %v", got)
			}
			if got := later.in(t, byProvider); got != test.provider {
				t.Errorf("the session by the provider goes on: %v", got)
			}
			if _, err := later.signIn(t.Context(), "admin", password, ""); (err == nil) != test.password {
				t.Errorf("signing in with a password: %v", err)
			}
		})
	}
}

func TestTheSamePersonMayComeInManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, withProvider)
	var ids sync.Map
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			user, _, err := w.SignInVouched(t.Context(), vouched("1", "ann", "family"), home())
			if err != nil {
				t.Error(err)
			}
			ids.Store(user.ID, nil)
		})
	}
	group.Wait()
	count := 0
	ids.Range(func(any, any) bool { count++; return true })
	if count != 1 {
		t.Errorf("there are %d accounts", count)
	}
}

// factor turns the second factor of the administrator on.
func (w *world) factor(t *testing.T) (secret string, recovery []string) {
	t.Helper()
	factor, err := w.OfferFactor(t.Context(), w.admin)
	if err != nil {
		t.Fatal(err)
	}
	recovery, err = w.SetFactor(t.Context(), w.admin, password, factor.Secret, w.shows(t, factor.Secret), home())
	if err != nil {
		t.Fatal(err)
	}
	return factor.Secret, recovery
}

// shows is what an app shows in half a minute: a code that was not used yet.
func (w *world) shows(t *testing.T, secret string) string {
	t.Helper()
	w.pass(30 * time.Second)
	code, err := totp.GenerateCode(secret, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestARecoveryCodeIsGoodOnceHoweverManyTryAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := setup(t)
	secret, codes := w.factor(t)
	var let, waits atomic.Int64
	for _, code := range []string{codes[0], w.shows(t, secret)} {
		let.Store(0)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				switch _, err := w.signIn(t.Context(), "admin", password, code); fault.Of(err) {
				case "":
					let.Add(1)
				case fault.RateLimited:
					waits.Add(1)
				}
			})
		}
		group.Wait()
		if let.Load() != 1 {
			t.Errorf("%d were let in, want 1", let.Load())
		}
	}
	if waits.Load() == 0 {
		t.Error("nobody had to wait")
	}
}

func TestAFloodOfWrongPasswordsIsAFewLinesInTheAudit(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for range 200 {
		_, err := w.signIn(t.Context(), "nobody", "wrong horse", "")
		if err == nil {
			t.Fatal("somebody is let in")
		}
	}
	entries, err := w.Entries(t.Context(), auth.EntryFilter{Limit: 1000, Actions: []string{"login"}})
	if err != nil || len(entries) != 12 {
		t.Errorf("%d entries (%v), want the 10 that were tried, and one each when account and address had to wait", len(entries), err)
	}
}
