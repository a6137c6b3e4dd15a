package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Login is what somebody signs in with.
type Login struct {
	Name     string
	Password string
	// Code is of the second factor, or a recovery code; empty at first.
	Code string
}

// SignIn begins a session and returns what its cookie holds. When a second
// factor is still needed, needsCode is true and there is no session.
func (s *Service) SignIn(ctx context.Context, login Login, from From) (user User, secret string, needsCode bool, err error) {
	if !s.begins(ByPassword) {
		return User{}, "", false, fault.New(fault.Permission, "signing in with a password is switched off").
			WithHint("take the other way in that the login page offers, or sign in at the reverse proxy")
	}
	account := strings.ToLower(shorten(login.Name, 4*maxName))
	done, err := s.attempt(ctx, account, Entry{Name: shorten(login.Name, maxName), Action: "login", Address: from.Address})
	if err != nil {
		return User{}, "", false, err
	}
	user, stale, err := s.checkLogin(ctx, account, login.Password)
	if err != nil {
		if fault.Of(err) == fault.Auth {
			s.recordRefusal(ctx, login.Name, from)
		}
		return User{}, "", false, err
	}
	if user.Factor != "" {
		if login.Code == "" {
			done(true)
			return User{}, "", true, nil
		}
		if err := s.useFactor(ctx, user, login.Code); err != nil {
			s.recordRefusal(ctx, login.Name, from)
			return User{}, "", false, err
		}
	}
	done(true)
	if user, err = s.welcome(ctx, user, login.Password, stale); err != nil {
		return User{}, "", false, err
	}
	if secret, err = s.begin(ctx, user, ByPassword, from); err != nil {
		return User{}, "", false, err
	}
	if err := s.stillTrue(ctx, user); err != nil {
		return User{}, "", false, err
	}
	s.Record(ctx, Entry{User: user.ID, Name: user.Name, Via: ViaSession, Action: "login", Address: from.Address})
	return user, secret, false, nil
}

// stillTrue ends the session that was just made when what it was made with was
// changed meanwhile. A change that comes later ends it by itself.
func (s *Service) stillTrue(ctx context.Context, before User) error {
	after, err := s.Store.User(ctx, before.ID)
	if err == nil && after.Password == before.Password && after.Factor == before.Factor && after.Role == before.Role {
		return nil
	}
	if err == nil {
		err = fault.New(fault.Auth, "the account was changed meanwhile").WithHint("sign in again")
	}
	return errors.Join(err, s.endOthers(ctx, before.ID, ""))
}

// checkLogin takes the same time whether the name, the password or both are
// wrong, and says the same.
func (s *Service) checkLogin(ctx context.Context, login, password string) (user User, stale bool, err error) {
	if _, invalid := loginOf(login); invalid == nil { // nobody has another name
		user, err = s.Store.UserByLogin(ctx, login)
	}
	if err != nil && !isMissing(err) {
		return User{}, false, fault.Wrap(err, "looking for the account")
	}
	if len(password) > maxPassword {
		password = ""
	}
	right, stale, err := s.hasher.check(ctx, password, user.Password)
	if err != nil {
		return User{}, false, err
	}
	if !right {
		return User{}, false, fault.New(fault.Auth, "the name or the password is not right").
			WithHint("a lost password is replaced on the machine of Unity with: unity user password NAME")
	}
	return user, stale, nil
}

// welcome notes a login. A password whose hash is not made as it would be today
// is hashed again, now that it is known.
func (s *Service) welcome(ctx context.Context, user User, password string, stale bool) (User, error) {
	hash, before := user.Password, user.Password
	if stale {
		var err error
		if hash, err = s.hasher.hash(ctx, password); err != nil {
			return User{}, err
		}
	}
	user, err := s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.LastLogin = s.now()
		if user.Password == before {
			user.Password = hash
		}
		return nil
	})
	return user, fault.Wrap(err, "noting the login")
}

func (s *Service) recordRefusal(ctx context.Context, name string, from From) {
	s.Record(ctx, Entry{Name: shorten(name, maxName), Action: "login", Address: from.Address, Refused: true})
}
