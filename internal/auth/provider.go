package auth

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Provider is a provider of OpenID Connect, and who of its users may come in.
type Provider struct {
	// Name is what people call it; Issuer and Client are what it calls itself and
	// Unity. Without an issuer there is none.
	Name, Issuer, Client string
	// Roles are the roles that groups give; of several the highest counts.
	// Without any the provider says nothing about roles.
	Roles map[string]Role
	// Default is the role of whoever no group gives one; empty for nobody.
	Default Role
	// Create lets accounts be made at the first login.
	Create bool
	// SignOut signs out there, too.
	SignOut bool
}

// On reports whether there is a provider.
func (p Provider) On() bool { return p.Issuer != "" }

func (p Provider) method() Method { return ByProvider(p.Issuer, p.Client) }

// role returns the role that groups give; false when they give none.
func (p Provider) role(groups []string) (Role, bool) {
	best := p.Default
	for _, group := range groups {
		if role := p.Roles[group]; role.rank() > best.rank() {
			best = role
		}
	}
	return best, best != ""
}

// Vouched is somebody for whom a provider of OpenID Connect vouches.
type Vouched struct {
	Issuer  string
	Subject string // who it is, for good
	Name    string // what the provider calls the person; it may change
	Groups  []string
}

// subject is how User.Subject is written: neither part has a blank.
var subject = regexp.MustCompile(`^[!-~]{1,244} [!-~]{1,255}$`)

func (v Vouched) key() (string, error) {
	key := v.Issuer + " " + v.Subject
	if !subject.MatchString(key) {
		return "", NotSignedIn{Mistrusted, fault.New(fault.BadAnswer, "the provider names somebody %q", shorten(v.Subject, maxTarget))}
	}
	return key, nil
}

// SignInVouched begins a session of somebody for whom a provider vouches, and
// returns what its cookie holds. An account is found by issuer and subject alone:
// a name or an address of mail can be another's tomorrow. Who may not come in
// gets a NotSignedIn.
func (s *Service) SignInVouched(ctx context.Context, vouched Vouched, from From) (User, string, error) {
	user, secret, err := s.signInVouched(ctx, vouched, from)
	if refusal, ok := errors.AsType[NotSignedIn](err); ok {
		s.Record(ctx, Entry{
			User: user.ID, Name: shorten(vouched.Name, maxName), Action: "login", Target: s.Provider.Issuer + " " + string(refusal.Reason),
			Address: from.Address, Refused: true,
		})
	}
	return user, secret, err
}

func (s *Service) signInVouched(ctx context.Context, vouched Vouched, from From) (User, string, error) {
	key, err := vouched.key()
	if err != nil {
		return User{}, "", err
	}
	user, err := s.Store.UserBySubject(ctx, key)
	switch {
	case isMissing(err):
		user, err = s.enrol(ctx, key, vouched, from)
	case err == nil:
		user, err = s.follow(ctx, user, vouched, from)
	default:
		err = fault.Wrap(err, "looking for the account")
	}
	if err != nil {
		return user, "", err
	}
	if user, err = s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.LastLogin = s.now()
		return nil
	}); err != nil {
		return User{}, "", fault.Wrap(err, "noting the login")
	}
	secret, err := s.begin(ctx, user, s.Provider.method(), from)
	if err != nil {
		return User{}, "", err
	}
	if err := s.stillTrue(ctx, user); err != nil {
		return User{}, "", err
	}
	s.Record(ctx, Entry{
		User: user.ID, Name: user.Name, Via: ViaSession, Action: "login", Target: s.Provider.Issuer, Address: from.Address,
	})
	return user, secret, nil
}

// enrol makes an account for somebody who has none.
func (s *Service) enrol(ctx context.Context, key string, vouched Vouched, from From) (User, error) {
	if !s.Provider.Create {
		return User{}, NotSignedIn{Stranger, fault.New(fault.Permission, "%s has no account here", vouched.Name)}
	}
	role, ok := s.Provider.role(vouched.Groups)
	if !ok {
		return User{}, noRole(vouched)
	}
	name := nameFrom(vouched.Name)
	login, err := loginOf(name)
	if err != nil {
		return User{}, NotSignedIn{Mistrusted, fault.As(fault.BadAnswer, err, "the provider gives a name that cannot be used")}
	}
	now := s.now()
	user := User{ID: newID(), Name: name, Login: login, Role: role, Subject: key, Created: now, Updated: now}
	if err := s.Store.CreateUser(ctx, user); err != nil {
		if fault.Of(err) != fault.Conflict {
			return User{}, fault.Wrap(err, "making the account")
		}
		// The same person may have come in twice at once.
		if twin, err := s.Store.UserBySubject(ctx, key); err == nil {
			return twin, nil
		}
		return User{}, NotSignedIn{Taken, fault.As(fault.Conflict, err, "making the account")}
	}
	s.Record(ctx, Entry{User: user.ID, Name: name, Via: ViaSession, Action: "user.create", Target: name, Address: from.Address})
	return user, nil
}

// follow gives an account the role that the provider says it has now. Whom the
// provider gives none any more is signed out everywhere.
func (s *Service) follow(ctx context.Context, user User, vouched Vouched, from From) (User, error) {
	if len(s.Provider.Roles) == 0 {
		return user, nil
	}
	role, ok := s.Provider.role(vouched.Groups)
	if !ok {
		return user, errors.Join(noRole(vouched), s.endOthers(ctx, user.ID, ""))
	}
	if role == user.Role {
		return user, nil
	}
	changed, err := s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.Role, user.Updated = role, s.now()
		return nil
	})
	if fault.Of(err) == fault.Conflict {
		return user, errors.Join(NotSignedIn{LastAdmin, err}, s.endOthers(ctx, user.ID, ""))
	}
	if err != nil {
		return user, fault.Wrap(err, "changing the role")
	}
	s.Record(ctx, Entry{
		User: user.ID, Name: user.Name, Via: ViaSession, Action: "user.change", Target: user.Name + " " + string(role), Address: from.Address,
	})
	return changed, s.endOthers(ctx, user.ID, "")
}

func noRole(vouched Vouched) NotSignedIn {
	return NotSignedIn{NoRole, fault.New(fault.Permission, "no group of %s gives a role", vouched.Name)}
}

// nameFrom makes a name that loginOf takes of what a provider calls somebody.
func nameFrom(text string) string {
	name := strings.Map(func(r rune) rune {
		if r == ' ' {
			return '.'
		}
		if _, err := loginOf(string(r)); err != nil {
			return -1
		}
		return r
	}, strings.TrimSpace(text))
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	return name
}
