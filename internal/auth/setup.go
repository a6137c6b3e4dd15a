package auth

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// laterCode is how long a setup code is good that was asked for. The one of the
// first start is good until it is used or Unity starts again.
const laterCode = time.Hour

// IsSetUp reports whether there is an account.
func (s *Service) IsSetUp(ctx context.Context) (bool, error) {
	users, err := s.Store.Users(ctx)
	return len(users) > 0, fault.Wrap(err, "looking for accounts")
}

// FirstCode returns a new code for the first account, or "" when there is one
// already.
func (s *Service) FirstCode(ctx context.Context) (string, error) {
	done, err := s.IsSetUp(ctx)
	if done || err != nil {
		return "", err
	}
	return s.newSetupCode(ctx, time.Time{})
}

// NewSetupCode returns a code that makes one administrator. An older code is
// not good any more.
func (s *Service) NewSetupCode(ctx context.Context) (code string, expires time.Time, err error) {
	expires = s.now().Add(laterCode)
	code, err = s.newSetupCode(ctx, expires)
	return code, expires, err
}

func (s *Service) newSetupCode(ctx context.Context, expires time.Time) (string, error) {
	code := newCode(codeGroups)
	err := s.Store.SetSetupCode(ctx, SetupCode{
		Hash: hashSecret("setup", plainCode(code)), Created: s.now(), Expires: expires,
	})
	return code, fault.Wrap(err, "keeping a setup code")
}

// SetUp makes an administrator with a setup code and signs in. It returns what
// the cookie of the session holds.
func (s *Service) SetUp(ctx context.Context, code, name, password string, from From) (User, string, error) {
	done, err := s.attempt(ctx, "\x00setup", Entry{Name: name, Action: "setup", Address: from.Address})
	if err != nil {
		return User{}, "", err
	}
	login, nameErr := loginOf(name)
	if err := problems(nameErr, checkPassword(password, name)); err != nil {
		done(true)
		return User{}, "", err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return User{}, "", err
	}
	now := s.now()
	user := User{
		ID: newID(), Name: name, Login: login, Role: Admin, Password: hash, Created: now, Updated: now, LastLogin: now,
	}
	err = s.Store.Claim(ctx, hashSecret("setup", plainCode(code)), now, user)
	if isMissing(err) {
		s.Record(ctx, Entry{Name: name, Action: "setup", Address: from.Address, Refused: true})
		return User{}, "", fault.New(fault.Auth, "the setup code is not right, or was used already").
			WithHint("Unity printed it when it started; unity auth setup-code makes a new one")
	}
	if err != nil {
		return User{}, "", fault.Wrap(err, "making the account")
	}
	done(true)
	s.known.forget()
	s.Record(ctx, Entry{User: user.ID, Name: name, Via: ViaSession, Action: "setup", Target: name, Address: from.Address})
	secret, err := s.begin(ctx, user, BySetupCode, from)
	return user, secret, err
}
