package auth

import (
	"context"
	"time"
)

// User is somebody who may sign in.
type User struct {
	ID   string
	Name string // as it was typed
	// Login is the name in lower case; no two users have the same.
	Login string
	Role  Role
	// Password is its hash; empty for somebody who signs in elsewhere.
	Password string
	// Factor is the sealed secret of the second factor; empty without one.
	Factor string
	// FactorStep is the last step of the second factor that was used: a code is
	// good once.
	FactorStep int64
	// Subject is who the user is to a provider of OpenID Connect: the provider's
	// address, a blank, and its name for the user. It may be empty.
	Subject   string
	Created   time.Time
	Updated   time.Time
	LastLogin time.Time
}

// SetupCode makes one account.
type SetupCode struct {
	Hash    string
	Created time.Time
	Expires time.Time // zero for never
}

// Session is a login that lasts.
type Session struct {
	ID       string // for people to name it by; opens nothing
	Hash     string
	User     string
	Created  time.Time
	LastSeen time.Time
	Expires  time.Time
	Address  string
	Agent    string
	// Method is how it began. It ends when that is not allowed any more.
	Method Method
}

// Token lets a program in.
type Token struct {
	ID    string
	Hash  string
	User  string
	Name  string
	Scope Scope
	// Sources are the IDs of the sources that it is for; none stands for all.
	Sources  []string
	Created  time.Time
	Expires  time.Time // zero for never
	LastUsed time.Time
}

// Entry says what somebody did.
type Entry struct {
	ID      int64 // ascending with time
	Time    time.Time
	User    string // ID; empty when nobody was recognised
	Name    string // as it was at that time
	Via     Via
	Action  string // login, source.create
	Target  string // what it was done to
	Address string
	Refused bool
}

// EntryFilter chooses entries, the newest first.
type EntryFilter struct {
	User     string // ID
	Actions  []string
	BeforeID int64 // 0 for the newest
	Limit    int
}

// Users are stored users. What is not there is a fault of kind NotFound.
type Users interface {
	// Users returns every user, sorted by login.
	Users(ctx context.Context) ([]User, error)
	// User returns one by ID, UserByLogin by login, UserBySubject by subject.
	User(ctx context.Context, id string) (User, error)
	UserByLogin(ctx context.Context, login string) (User, error)
	UserBySubject(ctx context.Context, subject string) (User, error)
	// CreateUser keeps a new user; a login that is taken is a Conflict.
	CreateUser(ctx context.Context, user User) error
	// ChangeUser lets change change a user and keeps that, with nobody else
	// changing it meanwhile. That no admin would remain is a Conflict.
	ChangeUser(ctx context.Context, id string, change func(*User) error) (User, error)
	// DeleteUser removes a user with sessions, tokens and recovery codes. That
	// no admin would remain is a Conflict.
	DeleteUser(ctx context.Context, id string) error
}

// Codes are stored codes that are good once, whoever tries at the same time.
type Codes interface {
	// SetSetupCode makes the code the only one.
	SetSetupCode(ctx context.Context, code SetupCode) error
	// Claim uses up the code and makes the user, both or none. No such code, or
	// an expired one, is NotFound.
	Claim(ctx context.Context, hash string, now time.Time, user User) error
	// SetRecoveryCodes replaces the recovery codes of a user.
	SetRecoveryCodes(ctx context.Context, user string, hashes []string) error
	// UseRecoveryCode uses up a code; false when there is none.
	UseRecoveryCode(ctx context.Context, user, hash string) (bool, error)
	// CountRecoveryCodes says how many are left.
	CountRecoveryCodes(ctx context.Context, user string) (int, error)
	// UseFactorStep moves the second factor of a user on to a step; false when
	// it was there or further already.
	UseFactorStep(ctx context.Context, user string, step int64) (bool, error)
}

// Sessions are stored sessions.
type Sessions interface {
	CreateSession(ctx context.Context, session Session) error
	// SessionByHash returns a session and its user, or NotFound.
	SessionByHash(ctx context.Context, hash string) (Session, User, error)
	// Sessions returns those of a user, the last seen first; of everybody when
	// the user is empty.
	Sessions(ctx context.Context, user string) ([]Session, error)
	TouchSession(ctx context.Context, id string, seen time.Time) error
	// DeleteSession removes one of a user, or of anybody when the user is empty;
	// NotFound when there is none.
	DeleteSession(ctx context.Context, user, id string) error
	// DeleteSessionsOf removes all of a user except one, which may be empty.
	DeleteSessionsOf(ctx context.Context, user, except string) error
	// ExpireSessions removes those that ended before now or were last seen
	// before idle.
	ExpireSessions(ctx context.Context, now, idle time.Time) error
}

// Tokens are stored tokens.
type Tokens interface {
	CreateToken(ctx context.Context, token Token) error
	// TokenByHash returns a token and its user, or NotFound.
	TokenByHash(ctx context.Context, hash string) (Token, User, error)
	// Tokens returns those of a user, the newest first; of everybody when the
	// user is empty.
	Tokens(ctx context.Context, user string) ([]Token, error)
	TouchToken(ctx context.Context, id string, used time.Time) error
	// DeleteToken removes one of a user, or of anybody when the user is empty;
	// NotFound when there is none.
	DeleteToken(ctx context.Context, user, id string) error
}

// Audit is the stored record of who did what.
type Audit interface {
	Record(ctx context.Context, entry Entry) error
	Entries(ctx context.Context, filter EntryFilter) ([]Entry, error)
	ExpireEntries(ctx context.Context, before time.Time) error
}

// Store keeps all of it.
type Store interface {
	Users
	Codes
	Sessions
	Tokens
	Audit
}
