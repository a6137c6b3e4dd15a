package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// sessionRow is a row of the table sessions.
type sessionRow struct {
	bun.BaseModel `bun:"table:sessions"`

	ID       string `bun:"id,pk"`
	Hash     string
	Owner    string
	Created  int64
	LastSeen int64
	Expires  int64
	Address  string
	Agent    string
	Method   string
}

func (r sessionRow) session() auth.Session {
	return auth.Session{
		ID: r.ID, Hash: r.Hash, User: r.Owner, Created: moment(r.Created), LastSeen: moment(r.LastSeen),
		Expires: moment(r.Expires), Address: r.Address, Agent: r.Agent, Method: auth.Method(r.Method),
	}
}

// tokenRow is a row of the table tokens.
type tokenRow struct {
	bun.BaseModel `bun:"table:tokens"`

	ID       string `bun:"id,pk"`
	Hash     string
	Owner    string
	Name     string
	Scope    string
	Created  int64
	Expires  int64 // 0 for never
	LastUsed int64
	Sources  string // IDs with a blank between them; empty for all
}

func (r tokenRow) token() auth.Token {
	return auth.Token{
		ID: r.ID, Hash: r.Hash, User: r.Owner, Name: r.Name, Scope: auth.Scope(r.Scope),
		Created: moment(r.Created), Expires: moment(r.Expires), LastUsed: moment(r.LastUsed), Sources: words(r.Sources),
	}
}

// words returns what stands between blanks; nil for nothing.
func words(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Fields(text)
}

// CreateSession keeps a new session.
func (a Accounts) CreateSession(ctx context.Context, session auth.Session) error {
	row := sessionRow{
		ID: session.ID, Hash: session.Hash, Owner: session.User, Created: milliseconds(session.Created),
		LastSeen: milliseconds(session.LastSeen), Expires: milliseconds(session.Expires),
		Address: session.Address, Agent: session.Agent, Method: string(session.Method),
	}
	_, err := a.write.NewInsert().Model(&row).Exec(ctx)
	return a.fault(err, "keeping a session")
}

// SessionByHash returns a session and its user.
func (a Accounts) SessionByHash(ctx context.Context, hash string) (auth.Session, auth.User, error) {
	var row sessionRow
	err := a.read.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Session{}, auth.User{}, noSession()
	}
	if err != nil {
		return auth.Session{}, auth.User{}, a.fault(err, "reading a session")
	}
	user, err := a.User(ctx, row.Owner)
	return row.session(), user, err
}

func noSession() error { return fault.New(fault.NotFound, "there is no such session") }

// Sessions returns those of a user, or of everybody, the last seen first.
func (a Accounts) Sessions(ctx context.Context, user string) ([]auth.Session, error) {
	var rows []sessionRow
	query := a.read.NewSelect().Model(&rows).OrderExpr("last_seen DESC, id")
	if user != "" {
		query = query.Where("owner = ?", user)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, a.fault(err, "reading the sessions")
	}
	sessions := make([]auth.Session, len(rows))
	for i, row := range rows {
		sessions[i] = row.session()
	}
	return sessions, nil
}

// TouchSession notes when a session was used.
func (a Accounts) TouchSession(ctx context.Context, id string, seen time.Time) error {
	_, err := a.write.NewUpdate().Table("sessions").Set("last_seen = ?", milliseconds(seen)).Where("id = ?", id).Exec(ctx)
	return a.fault(err, "noting that a session is used")
}

// DeleteSession removes one of a user, or of anybody.
func (a Accounts) DeleteSession(ctx context.Context, user, id string) error {
	return a.deleteOwned(ctx, "sessions", user, id, noSession())
}

func (a Accounts) deleteOwned(ctx context.Context, table, user, id string, missing error) error {
	if strings.ContainsRune(id, 0) { // which no database takes in a statement
		return missing
	}
	query := a.write.NewDelete().Table(table).Where("id = ?", id)
	if user != "" {
		query = query.Where("owner = ?", user)
	}
	result, err := query.Exec(ctx)
	if err != nil {
		return a.fault(err, "deleting from %s", table)
	}
	if deleted, err := result.RowsAffected(); err != nil || deleted > 0 {
		return a.fault(err, "deleting from %s", table)
	}
	return missing
}

// DeleteSessionsOf removes all of a user except one.
func (a Accounts) DeleteSessionsOf(ctx context.Context, user, except string) error {
	_, err := a.write.NewDelete().Table("sessions").Where("owner = ?", user).Where("id <> ?", except).Exec(ctx)
	return a.fault(err, "deleting the sessions of a user")
}

// ExpireSessions removes those that have ended.
func (a Accounts) ExpireSessions(ctx context.Context, now, idle time.Time) error {
	_, err := a.write.NewDelete().Table("sessions").
		Where("expires <= ?", milliseconds(now)).WhereOr("last_seen < ?", milliseconds(idle)).Exec(ctx)
	return a.fault(err, "removing sessions that have ended")
}

// CreateToken keeps a new token.
func (a Accounts) CreateToken(ctx context.Context, token auth.Token) error {
	row := tokenRow{
		ID: token.ID, Hash: token.Hash, Owner: token.User, Name: token.Name, Scope: string(token.Scope),
		Created: milliseconds(token.Created), Expires: milliseconds(token.Expires), LastUsed: milliseconds(token.LastUsed),
		Sources: strings.Join(token.Sources, " "),
	}
	_, err := a.write.NewInsert().Model(&row).Exec(ctx)
	return a.fault(err, "keeping a token")
}

// TokenByHash returns a token and its user.
func (a Accounts) TokenByHash(ctx context.Context, hash string) (auth.Token, auth.User, error) {
	var row tokenRow
	err := a.read.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Token{}, auth.User{}, noToken()
	}
	if err != nil {
		return auth.Token{}, auth.User{}, a.fault(err, "reading a token")
	}
	user, err := a.User(ctx, row.Owner)
	return row.token(), user, err
}

func noToken() error { return fault.New(fault.NotFound, "there is no such token") }

// Tokens returns those of a user, or of everybody, the newest first.
func (a Accounts) Tokens(ctx context.Context, user string) ([]auth.Token, error) {
	var rows []tokenRow
	query := a.read.NewSelect().Model(&rows).OrderExpr("created DESC, id")
	if user != "" {
		query = query.Where("owner = ?", user)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, a.fault(err, "reading the tokens")
	}
	tokens := make([]auth.Token, len(rows))
	for i, row := range rows {
		tokens[i] = row.token()
	}
	return tokens, nil
}

// TouchToken notes when a token was used.
func (a Accounts) TouchToken(ctx context.Context, id string, used time.Time) error {
	_, err := a.write.NewUpdate().Table("tokens").Set("last_used = ?", milliseconds(used)).Where("id = ?", id).Exec(ctx)
	return a.fault(err, "noting that a token is used")
}

// DeleteToken removes one of a user, or of anybody.
func (a Accounts) DeleteToken(ctx context.Context, user, id string) error {
	return a.deleteOwned(ctx, "tokens", user, id, noToken())
}
