package auth

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// Account is a user as others may see it.
type Account struct {
	ID        string
	Name      string
	Role      Role
	HasFactor bool
	// HasPassword is false for somebody who signs in elsewhere only.
	HasPassword bool
	// Issuer is the address of the provider with which the account is linked;
	// empty for none.
	Issuer    string
	Created   time.Time
	LastLogin time.Time
}

func accountOf(user User) Account {
	issuer, _, _ := strings.Cut(user.Subject, " ")
	return Account{
		Issuer: issuer, ID: user.ID, Name: user.Name, Role: user.Role, HasFactor: user.Factor != "", HasPassword: user.Password != "",
		Created: user.Created, LastLogin: user.LastLogin,
	}
}

// Self returns the account that somebody uses, and how many recovery codes are
// left. Whoever uses the socket has none: NotFound.
func (s *Service) Self(ctx context.Context, who Identity) (account Account, recovery int, err error) {
	user, err := s.self(ctx, who)
	if err != nil {
		return Account{}, 0, err
	}
	if user.Factor != "" {
		if recovery, err = s.Store.CountRecoveryCodes(ctx, user.ID); err != nil {
			return Account{}, 0, err
		}
	}
	return accountOf(user), recovery, nil
}

func (s *Service) self(ctx context.Context, who Identity) (User, error) {
	if who.User == "" {
		return User{}, fault.New(fault.NotFound, "whoever uses the socket has no account").WithHint("sign in in the browser")
	}
	return s.Store.User(ctx, who.User)
}

// confirm asks somebody who is signed in for the password again.
func (s *Service) confirm(ctx context.Context, who Identity, password string, from From) (User, error) {
	user, err := s.self(ctx, who)
	if err != nil {
		return User{}, err
	}
	if user.Password == "" {
		return User{}, fault.New(fault.Conflict, "%s signs in elsewhere and has no password here", user.Name)
	}
	done, err := s.attempt(ctx, user.Login, Entry{
		User: user.ID, Name: user.Name, Via: who.Via, Action: "confirm", Address: from.Address,
	})
	if err != nil {
		return User{}, err
	}
	right, _, err := s.hasher.check(ctx, shorten(password, maxPassword), user.Password)
	if err != nil {
		return User{}, err
	}
	if !right {
		return User{}, Invalid{{Path: "current", Message: "is not the password"}}
	}
	done(true)
	return user, nil
}

// ChangePassword gives somebody another password. Every other session ends.
func (s *Service) ChangePassword(ctx context.Context, who Identity, current, password string, from From) error {
	user, err := s.self(ctx, who)
	if err != nil {
		return err
	}
	if err := checkPassword(password, user.Name); err != nil {
		return err
	}
	if _, err := s.confirm(ctx, who, current, from); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.Password, user.Updated = hash, s.now()
		return nil
	})
	if err != nil {
		return fault.Wrap(err, "keeping the password")
	}
	return s.endOthers(ctx, user.ID, who.Session)
}

// endOthers ends every session of a user but one, which may be empty.
func (s *Service) endOthers(ctx context.Context, user, except string) error {
	err := s.Store.DeleteSessionsOf(ctx, user, except)
	s.known.forget()
	return fault.Wrap(err, "ending the other sessions")
}

// Accounts returns every account, sorted by name.
func (s *Service) Accounts(ctx context.Context) ([]Account, error) {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return nil, err
	}
	accounts := make([]Account, len(users))
	for i, user := range users {
		accounts[i] = accountOf(user)
	}
	return accounts, nil
}

// AccountByName returns the account that somebody typed the name of.
func (s *Service) AccountByName(ctx context.Context, name string) (Account, error) {
	login, err := loginOf(name)
	if err != nil {
		return Account{}, err
	}
	user, err := s.Store.UserByLogin(ctx, login)
	return accountOf(user), err
}

// CreateAccount makes an account.
func (s *Service) CreateAccount(ctx context.Context, name, password string, role Role) (Account, error) {
	login, nameErr := loginOf(name)
	if err := problems(nameErr, checkPassword(password, name), checkRole(role)); err != nil {
		return Account{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	now := s.now()
	user := User{ID: newID(), Name: name, Login: login, Role: role, Password: hash, Created: now, Updated: now}
	if err := s.Store.CreateUser(ctx, user); err != nil {
		return Account{}, err
	}
	return accountOf(user), nil
}

// AccountChange is what an administrator wants changed; nil leaves as it is.
type AccountChange struct {
	Role     *Role
	Password *string
	// RemoveFactor turns the second factor off, for somebody who lost it.
	RemoveFactor bool
	// Unlink parts the account from a provider of OpenID Connect.
	Unlink bool
}

// ChangeAccount changes an account. All its sessions end, and what its tokens
// may do follows the role.
func (s *Service) ChangeAccount(ctx context.Context, id string, change AccountChange) (Account, error) {
	user, err := s.Store.User(ctx, id)
	if err != nil {
		return Account{}, err
	}
	hash := ""
	if change.Password != nil {
		if err := checkPassword(*change.Password, user.Name); err != nil {
			return Account{}, err
		}
		if hash, err = s.hasher.hash(ctx, *change.Password); err != nil {
			return Account{}, err
		}
	}
	if change.Role != nil {
		if err := checkRole(*change.Role); err != nil {
			return Account{}, err
		}
	}
	user, err = s.Store.ChangeUser(ctx, id, func(user *User) error {
		user.Updated = s.now()
		if change.Role != nil {
			user.Role = *change.Role
		}
		if hash != "" {
			user.Password = hash
		}
		if change.RemoveFactor {
			user.Factor = ""
		}
		if change.Unlink {
			user.Subject = ""
		}
		return nil
	})
	if err != nil {
		return Account{}, err
	}
	if change.RemoveFactor {
		if err := s.Store.SetRecoveryCodes(ctx, id, nil); err != nil {
			return Account{}, fault.Wrap(err, "removing the recovery codes")
		}
	}
	return accountOf(user), s.endOthers(ctx, id, "")
}

// DeleteAccount removes an account with its sessions and tokens, and returns
// whose it was.
func (s *Service) DeleteAccount(ctx context.Context, id string) (name string, err error) {
	user, err := s.Store.User(ctx, id)
	if err != nil {
		return "", err
	}
	err = s.Store.DeleteUser(ctx, id)
	s.known.forget()
	return user.Name, err
}
