package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// Accounts keeps who may use Unity. It writes to the database at once, past the
// journal.
type Accounts struct{ *Store }

var _ auth.Store = Accounts{}

// Accounts returns the store of who may use Unity.
func (db *DB) Accounts() Accounts { return Accounts{db.store} }

// userRow is a row of the table users.
type userRow struct {
	bun.BaseModel `bun:"table:users"`

	ID         string `bun:"id,pk"`
	Login      string
	Name       string
	Role       string
	Password   string
	Factor     string
	FactorStep int64
	Subject    string `bun:",nullzero"`
	Created    int64
	Updated    int64
	LastLogin  int64
}

func userRowOf(user auth.User) userRow {
	return userRow{
		ID: user.ID, Login: user.Login, Name: user.Name, Role: string(user.Role), Password: user.Password,
		Factor: user.Factor, FactorStep: user.FactorStep, Subject: user.Subject,
		Created: milliseconds(user.Created), Updated: milliseconds(user.Updated), LastLogin: milliseconds(user.LastLogin),
	}
}

func (r userRow) user() auth.User {
	return auth.User{
		ID: r.ID, Login: r.Login, Name: r.Name, Role: auth.Role(r.Role), Password: r.Password,
		Factor: r.Factor, FactorStep: r.FactorStep, Subject: r.Subject,
		Created: moment(r.Created), Updated: moment(r.Updated), LastLogin: moment(r.LastLogin),
	}
}

// Users returns every user, sorted by login.
func (a Accounts) Users(ctx context.Context) ([]auth.User, error) {
	var rows []userRow
	if err := a.read.NewSelect().Model(&rows).OrderExpr("login").Scan(ctx); err != nil {
		return nil, a.fault(err, "reading the users")
	}
	users := make([]auth.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return users, nil
}

// User returns one user by ID.
func (a Accounts) User(ctx context.Context, id string) (auth.User, error) {
	return a.userWhere(ctx, a.read, "id", id)
}

// UserByLogin returns one user by login.
func (a Accounts) UserByLogin(ctx context.Context, login string) (auth.User, error) {
	return a.userWhere(ctx, a.read, "login", login)
}

// UserBySubject returns one user by subject.
func (a Accounts) UserBySubject(ctx context.Context, subject string) (auth.User, error) {
	return a.userWhere(ctx, a.read, "subject", subject)
}

func (a Accounts) userWhere(ctx context.Context, db bun.IDB, column, value string) (auth.User, error) {
	if strings.ContainsRune(value, 0) { // which no database takes in a statement
		return auth.User{}, noUser()
	}
	var row userRow
	err := db.NewSelect().Model(&row).Where("? = ?", bun.Ident(column), value).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.User{}, noUser()
	}
	return row.user(), a.fault(err, "reading a user")
}

func noUser() error { return fault.New(fault.NotFound, "there is no such user") }

// CreateUser keeps a new user.
func (a Accounts) CreateUser(ctx context.Context, user auth.User) error {
	return a.createUser(ctx, a.write, user)
}

func (a Accounts) createUser(ctx context.Context, db bun.IDB, user auth.User) error {
	row := userRowOf(user)
	if _, err := db.NewInsert().Model(&row).Exec(ctx); err != nil {
		if translated := a.dialect.Fault(err); translated != nil && translated.Kind == fault.Conflict {
			return fault.New(fault.Conflict, "there is a user %s already", user.Name).WithHint("choose another name")
		}
		return a.fault(err, "creating user %s", user.Name)
	}
	return nil
}

// ChangeUser lets change change a user and keeps that.
func (a Accounts) ChangeUser(ctx context.Context, id string, change func(*auth.User) error) (auth.User, error) {
	if _, err := a.User(ctx, id); err != nil {
		return auth.User{}, err
	}
	var changed auth.User
	err := a.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := holdUsers(ctx, tx, id); err != nil {
			return err
		}
		user, err := a.userWhere(ctx, tx, "id", id)
		if err != nil {
			return err
		}
		was := user.Role
		if err := change(&user); err != nil {
			return err
		}
		if was == auth.Admin && user.Role != auth.Admin {
			if err := othersAdminister(ctx, tx, id); err != nil {
				return err
			}
		}
		changed = user
		row := userRowOf(user)
		_, err = tx.NewUpdate().Model(&row).WherePK().Exec(ctx)
		return err
	})
	return changed, a.fault(err, "changing a user")
}

// DeleteUser removes a user and what belongs to it.
func (a Accounts) DeleteUser(ctx context.Context, id string) error {
	if _, err := a.User(ctx, id); err != nil {
		return err
	}
	err := a.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := holdUsers(ctx, tx, id); err != nil {
			return err
		}
		user, err := a.userWhere(ctx, tx, "id", id)
		if err != nil {
			return err
		}
		if user.Role == auth.Admin {
			if err := othersAdminister(ctx, tx, id); err != nil {
				return err
			}
		}
		for _, table := range []string{"sessions", "tokens", "recovery_codes"} {
			if _, err := tx.NewDelete().Table(table).Where("owner = ?", id).Exec(ctx); err != nil {
				return err
			}
		}
		_, err = tx.NewDelete().Table("users").Where("id = ?", id).Exec(ctx)
		return err
	})
	return a.fault(err, "deleting a user")
}

// holdUsers keeps a user and every administrator from being changed by others
// until the transaction ends. Writing a row holds it in every database.
func holdUsers(ctx context.Context, tx bun.Tx, id string) error {
	_, err := tx.NewUpdate().Table("users").Set("updated = updated").
		Where("id = ?", id).WhereOr("role = ?", string(auth.Admin)).Exec(ctx)
	return err
}

func othersAdminister(ctx context.Context, tx bun.Tx, id string) error {
	count, err := tx.NewSelect().Table("users").Where("role = ?", string(auth.Admin)).Where("id <> ?", id).Count(ctx)
	if err == nil && count == 0 {
		err = fault.New(fault.Conflict, "this is the last administrator").WithHint("make somebody else administrator first")
	}
	return err
}
