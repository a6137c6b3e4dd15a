package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// RunAccounts checks what a store promises about who may use Unity.
func RunAccounts(t *testing.T, opener func(t *testing.T) Opener) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, accounts auth.Store){
		"users are kept until they are deleted":        testUsers,
		"the last administrator stays":                 testLastAdmin,
		"a setup code makes one account":               testClaim,
		"a recovery code and a step are good once":     testOnce,
		"sessions are found, touched and ended":        testSessions,
		"tokens are found, touched and revoked":        testTokens,
		"who did what is read from the newest":         testAudit,
		"what belongs to a user goes with it":          testBelongings,
		"changes of one user at a time lose no change": testChanges,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := mustOpen(t, opener(t), Options{})
			kept, ok := store.(interface{ Accounts() sqlstore.Accounts })
			if !ok {
				t.Fatal("the store keeps no accounts")
			}
			test(t, kept.Accounts())
		})
	}
}

func aUser(name string, role auth.Role) auth.User {
	return auth.User{
		ID: "id of " + name, Name: name, Login: name, Role: role, Password: "$argon2id$…", Factor: "sealed:…", FactorStep: 7,
		Subject: "https://id.example|" + name, Created: epoch(), Updated: epoch().Add(time.Second), LastLogin: epoch().Add(time.Minute),
	}
}

func testUsers(t *testing.T, accounts auth.Store) {
	t.Helper()
	ann, bob := aUser("ann", auth.Admin), aUser("bob", auth.Viewer)
	bob.Subject = ""
	zoe := aUser("zoë", auth.Editor)
	zoe.Subject = "" // two without a subject are no conflict
	must(t, accounts.CreateUser(t.Context(), zoe))
	must(t, accounts.CreateUser(t.Context(), bob))
	must(t, accounts.CreateUser(t.Context(), ann))
	same2 := bob
	same2.ID = "another"
	wantKind(t, fault.Conflict, accounts.CreateUser(t.Context(), same2))
	all, err := accounts.Users(t.Context())
	must(t, err)
	same(t, "users", []auth.User{ann, bob, zoe}, all)
	for _, find := range []func() (auth.User, error){
		func() (auth.User, error) { return accounts.User(t.Context(), ann.ID) },
		func() (auth.User, error) { return accounts.UserByLogin(t.Context(), "ann") },
		func() (auth.User, error) { return accounts.UserBySubject(t.Context(), ann.Subject) },
	} {
		got, err := find()
		must(t, err)
		same(t, "users", ann, got)
	}
	_, err = accounts.UserByLogin(t.Context(), "Ann")
	wantKind(t, fault.NotFound, err)
	for _, strange := range []string{"", "\x00", "'; DROP TABLE users", "a\x00b", "\\'"} {
		_, err = accounts.UserByLogin(t.Context(), strange)
		wantKind(t, fault.NotFound, err)
		wantKind(t, fault.NotFound, accounts.DeleteUser(t.Context(), strange))
		wantKind(t, fault.NotFound, accounts.DeleteSession(t.Context(), "", strange))
	}
	must(t, accounts.DeleteUser(t.Context(), bob.ID))
	_, err = accounts.User(t.Context(), bob.ID)
	wantKind(t, fault.NotFound, err)
	wantKind(t, fault.NotFound, accounts.DeleteUser(t.Context(), bob.ID))
	_, err = accounts.ChangeUser(t.Context(), bob.ID, func(*auth.User) error { return nil })
	wantKind(t, fault.NotFound, err)
}

func testLastAdmin(t *testing.T, accounts auth.Store) {
	t.Helper()
	const admins = 8
	for i := range admins {
		must(t, accounts.CreateUser(t.Context(), aUser(fmt.Sprint("admin", i), auth.Admin)))
	}
	must(t, accounts.CreateUser(t.Context(), aUser("viewer", auth.Viewer)))
	// All are demoted or deleted at the same time; one of them cannot be.
	var group sync.WaitGroup
	for i := range admins {
		group.Go(func() {
			id := fmt.Sprint("id of admin", i)
			var err error
			if i%2 == 0 {
				err = accounts.DeleteUser(t.Context(), id)
			} else {
				_, err = accounts.ChangeUser(t.Context(), id, func(user *auth.User) error {
					user.Role = auth.Viewer
					return nil
				})
			}
			if err != nil {
				t.Logf("admin %d stays: %v", i, err)
			}
		})
	}
	group.Wait()
	all, err := accounts.Users(t.Context())
	must(t, err)
	left := 0
	for _, user := range all {
		if user.Role == auth.Admin {
			left++
			wantKind(t, fault.Conflict, accounts.DeleteUser(t.Context(), user.ID))
		}
	}
	if left != 1 {
		t.Errorf("%d administrators are left, want 1", left)
	}
}

func testClaim(t *testing.T, accounts auth.Store) {
	t.Helper()
	must(t, accounts.SetSetupCode(t.Context(), auth.SetupCode{Hash: "old", Created: epoch()}))
	must(t, accounts.SetSetupCode(t.Context(), auth.SetupCode{Hash: "code", Created: epoch()}))
	wantKind(t, fault.NotFound, accounts.Claim(t.Context(), "old", epoch(), aUser("x", auth.Admin)))
	var made atomic.Int64
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			switch err := accounts.Claim(t.Context(), "code", epoch(), aUser(fmt.Sprint("user", i), auth.Admin)); fault.Of(err) {
			case "":
				made.Add(1)
			case fault.NotFound:
			default:
				t.Errorf("using a code that is being used: %v", err)
			}
		})
	}
	group.Wait()
	if all, err := accounts.Users(t.Context()); err != nil || len(all) != 1 || made.Load() != 1 {
		t.Errorf("%d accounts of %d that were said to be made (%v), want 1", len(all), made.Load(), err)
	}
	// A code whose account cannot be made stays good.
	must(t, accounts.SetSetupCode(t.Context(), auth.SetupCode{Hash: "next", Created: epoch(), Expires: epoch().Add(time.Hour)}))
	all, err := accounts.Users(t.Context())
	must(t, err)
	wantKind(t, fault.Conflict, accounts.Claim(t.Context(), "next", epoch(), all[0]))
	wantKind(t, fault.NotFound, accounts.Claim(t.Context(), "next", epoch().Add(time.Hour), aUser("late", auth.Admin)))
	must(t, accounts.Claim(t.Context(), "next", epoch().Add(time.Minute), aUser("in time", auth.Admin)))
}

func testOnce(t *testing.T, accounts auth.Store) {
	t.Helper()
	user := aUser("ann", auth.Admin)
	must(t, accounts.CreateUser(t.Context(), user))
	must(t, accounts.SetRecoveryCodes(t.Context(), user.ID, []string{"a"}))
	must(t, accounts.SetRecoveryCodes(t.Context(), user.ID, []string{"b", "c"}))
	once := func(what string, use func() (bool, error)) {
		var used atomic.Int64
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				ok, err := use()
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
				if ok {
					used.Add(1)
				}
			})
		}
		group.Wait()
		if used.Load() != 1 {
			t.Errorf("%s was used %d times", what, used.Load())
		}
	}
	once("a recovery code", func() (bool, error) { return accounts.UseRecoveryCode(t.Context(), user.ID, "b") })
	once("a step", func() (bool, error) { return accounts.UseFactorStep(t.Context(), user.ID, 8) })
	for hash, want := range map[string]bool{"a": false, "b": false, "c": true} {
		if ok, err := accounts.UseRecoveryCode(t.Context(), user.ID, hash); ok != want || err != nil {
			t.Errorf("code %s is good: %v (%v), want %v", hash, ok, err, want)
		}
	}
	if ok, err := accounts.UseFactorStep(t.Context(), user.ID, 6); ok || err != nil {
		t.Errorf("an older step is good: %v (%v)", ok, err)
	}
	if left, err := accounts.CountRecoveryCodes(t.Context(), user.ID); left != 0 || err != nil {
		t.Errorf("%d recovery codes are left (%v)", left, err)
	}
}

func testSessions(t *testing.T, accounts auth.Store) {
	t.Helper()
	ann, bob := aUser("ann", auth.Admin), aUser("bob", auth.Viewer)
	must(t, accounts.CreateUser(t.Context(), ann))
	must(t, accounts.CreateUser(t.Context(), bob))
	session := func(id, user string, minutes int) auth.Session {
		at := epoch().Add(time.Duration(minutes) * time.Minute)
		return auth.Session{
			ID: id, Hash: "hash of " + id, User: user, Created: epoch(), LastSeen: at, Expires: at.Add(time.Hour),
			Address: "fe80::1", Agent: "Mozilla/5.0 “x”",
		}
	}
	first, second, others := session("1", ann.ID, 1), session("2", ann.ID, 2), session("3", bob.ID, 3)
	for _, each := range []auth.Session{first, second, others} {
		must(t, accounts.CreateSession(t.Context(), each))
	}
	got, user, err := accounts.SessionByHash(t.Context(), second.Hash)
	must(t, err)
	same(t, "sessions", second, got)
	same(t, "users", ann, user)
	list := func(user string, want ...auth.Session) {
		t.Helper()
		all, err := accounts.Sessions(t.Context(), user)
		must(t, err)
		same(t, "sessions", want, all)
	}
	list(ann.ID, second, first)
	first.LastSeen = epoch().Add(10 * time.Minute)
	must(t, accounts.TouchSession(t.Context(), first.ID, first.LastSeen))
	list("", first, others, second)
	wantKind(t, fault.NotFound, accounts.DeleteSession(t.Context(), bob.ID, first.ID))
	must(t, accounts.DeleteSession(t.Context(), "", others.ID))
	must(t, accounts.DeleteSessionsOf(t.Context(), ann.ID, first.ID))
	list("", first)
	must(t, accounts.ExpireSessions(t.Context(), epoch(), epoch()))
	list("", first)
	must(t, accounts.ExpireSessions(t.Context(), epoch(), first.LastSeen.Add(time.Second)))
	_, _, err = accounts.SessionByHash(t.Context(), first.Hash)
	wantKind(t, fault.NotFound, err)
}

func testTokens(t *testing.T, accounts auth.Store) {
	t.Helper()
	ann := aUser("ann", auth.Admin)
	must(t, accounts.CreateUser(t.Context(), ann))
	token := auth.Token{
		ID: "1", Hash: "hash", User: ann.ID, Name: "Grafana “nas”", Scope: auth.ScopeRead,
		Created: epoch(), Expires: epoch().Add(time.Hour),
	}
	other := auth.Token{
		ID: "2", Hash: "other", User: ann.ID, Name: "x", Scope: auth.ScopeAdmin, Created: epoch().Add(time.Second),
		Sources: []string{"postgres_monitor-nas", "ups_monitor"},
	}
	must(t, accounts.CreateToken(t.Context(), token))
	must(t, accounts.CreateToken(t.Context(), other))
	token.LastUsed = epoch().Add(time.Minute)
	must(t, accounts.TouchToken(t.Context(), token.ID, token.LastUsed))
	got, user, err := accounts.TokenByHash(t.Context(), token.Hash)
	must(t, err)
	same(t, "tokens", token, got)
	same(t, "users", ann, user)
	all, err := accounts.Tokens(t.Context(), ann.ID)
	must(t, err)
	same(t, "tokens", []auth.Token{other, token}, all)
	wantKind(t, fault.NotFound, accounts.DeleteToken(t.Context(), "somebody else", token.ID))
	must(t, accounts.DeleteToken(t.Context(), ann.ID, token.ID))
	_, _, err = accounts.TokenByHash(t.Context(), token.Hash)
	wantKind(t, fault.NotFound, err)
}

func testAudit(t *testing.T, accounts auth.Store) {
	t.Helper()
	entry := func(id int64, user, action string) auth.Entry {
		return auth.Entry{
			ID: id << 20, Time: epoch().Add(time.Duration(id) * time.Minute), User: user, Name: "“" + user + "”", Via: auth.ViaToken,
			Action: action, Target: "nas", Address: "192.168.1.2", Refused: id%2 == 0,
		}
	}
	first, second, third := entry(1, "ann", "login"), entry(2, "bob", "login"), entry(3, "ann", "source.create")
	for _, each := range []auth.Entry{first, second, third} {
		must(t, accounts.Record(t.Context(), each))
	}
	read := func(filter auth.EntryFilter, want ...auth.Entry) {
		t.Helper()
		filter.Limit = 2
		got, err := accounts.Entries(t.Context(), filter)
		must(t, err)
		same(t, "entries", want, got)
	}
	read(auth.EntryFilter{}, third, second)
	read(auth.EntryFilter{BeforeID: second.ID}, first)
	read(auth.EntryFilter{User: "ann"}, third, first)
	read(auth.EntryFilter{Actions: []string{"login", "logout"}}, second, first)
	must(t, accounts.ExpireEntries(t.Context(), third.Time))
	read(auth.EntryFilter{}, third)
}

func testBelongings(t *testing.T, accounts auth.Store) {
	t.Helper()
	ann, bob := aUser("ann", auth.Admin), aUser("bob", auth.Viewer)
	must(t, accounts.CreateUser(t.Context(), ann))
	must(t, accounts.CreateUser(t.Context(), bob))
	must(t, accounts.CreateSession(t.Context(), auth.Session{ID: "1", Hash: "s", User: bob.ID, Created: epoch(), Expires: epoch()}))
	must(t, accounts.CreateToken(t.Context(), auth.Token{ID: "1", Hash: "t", User: bob.ID, Created: epoch()}))
	must(t, accounts.SetRecoveryCodes(t.Context(), bob.ID, []string{"r"}))
	must(t, accounts.DeleteUser(t.Context(), bob.ID))
	_, _, err := accounts.SessionByHash(t.Context(), "s")
	wantKind(t, fault.NotFound, err)
	_, _, err = accounts.TokenByHash(t.Context(), "t")
	wantKind(t, fault.NotFound, err)
	if left, err := accounts.CountRecoveryCodes(t.Context(), bob.ID); left != 0 || err != nil {
		t.Errorf("%d recovery codes are left (%v)", left, err)
	}
}

func testChanges(t *testing.T, accounts auth.Store) {
	t.Helper()
	user := aUser("ann", auth.Admin)
	must(t, accounts.CreateUser(t.Context(), user))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, err := accounts.ChangeUser(t.Context(), user.ID, func(user *auth.User) error {
				user.FactorStep++
				return nil
			})
			if err != nil {
				t.Errorf("changing a user: %v", err)
			}
		})
	}
	group.Wait()
	got, err := accounts.User(t.Context(), user.ID)
	must(t, err)
	user.FactorStep += 20
	same(t, "users", user, got)
}
