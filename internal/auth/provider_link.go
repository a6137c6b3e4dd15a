package auth

import (
	"context"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// ConfirmLink asks somebody who wants to link the account with the provider for
// the password. A session that was stolen must not become a lasting way in.
func (s *Service) ConfirmLink(ctx context.Context, who Identity, password string, from From) error {
	if who.Session == "" {
		return fault.New(fault.Conflict, "only somebody who signed in can link the account").WithHint("sign in in the browser")
	}
	_, err := s.confirm(ctx, who, password, from)
	return err
}

// Link lets somebody sign in with the provider from now on. Every other session
// ends.
func (s *Service) Link(ctx context.Context, who Identity, vouched Vouched, from From) error {
	key, err := vouched.key()
	if err != nil {
		return err
	}
	// The store refuses a subject that is another's, but says no more than that
	// something is there already.
	if other, err := s.Store.UserBySubject(ctx, key); err == nil && other.ID != who.User {
		return NotSignedIn{Linked, fault.New(fault.Conflict, "%s is linked with another account", vouched.Name)}
	}
	_, err = s.Store.ChangeUser(ctx, who.User, func(user *User) error {
		user.Subject, user.Updated = key, s.now()
		return nil
	})
	if fault.Of(err) == fault.Conflict {
		return NotSignedIn{Linked, err}
	}
	if err != nil {
		return fault.Wrap(err, "linking the account")
	}
	s.Did(ctx, who, "account.link", vouched.Issuer, from)
	return s.endOthers(ctx, who.User, who.Session)
}

// Unlink parts an account from the provider, given the password. Every other
// session ends.
func (s *Service) Unlink(ctx context.Context, who Identity, password string, from From) error {
	user, err := s.confirm(ctx, who, password, from)
	if err != nil {
		return err
	}
	if user.Subject == "" {
		return fault.New(fault.Conflict, "the account is not linked")
	}
	_, err = s.Store.ChangeUser(ctx, user.ID, func(user *User) error {
		user.Subject, user.Updated = "", s.now()
		return nil
	})
	if err != nil {
		return fault.Wrap(err, "parting the account from the provider")
	}
	return s.endOthers(ctx, user.ID, who.Session)
}

// Admit counts what an address asks the provider for; done says whether it was
// a good attempt.
func (s *Service) Admit(ctx context.Context, from From) (done func(good bool), err error) {
	done, err = s.attempt(ctx, "", Entry{Action: "login", Address: from.Address})
	if err != nil {
		return nil, NotSignedIn{Busy, err}
	}
	return done, nil
}

// Patience is how long somebody may take at the provider.
const Patience = 10 * time.Minute

// Errand is what somebody wants who is sent to the provider.
type Errand struct {
	// Redirect is where the provider sends the browser back to.
	Redirect string
	// Back is the page to go to in the end.
	Back string
	// Session is the ID of the session whose account is to be linked; empty for
	// signing in.
	Session string
}

// Reason is why signing in with a provider came to nothing, for whoever stands
// at the door.
type Reason string

// The reasons.
const (
	Away          Reason = "away"          // the provider does not answer
	Cancelled     Reason = "cancelled"     // the person, or the provider, said no
	Expired       Reason = "expired"       // it took too long, was used before, or began elsewhere
	Mistrusted    Reason = "mistrusted"    // the answer is not what was asked for
	Clock         Reason = "clock"         // the clocks are too far apart
	Misconfigured Reason = "misconfigured" // the provider does not know Unity like this
	Stranger      Reason = "stranger"      // there is no account
	NoRole        Reason = "role"          // no group gives a role
	Taken         Reason = "taken"         // the name is another account's
	LastAdmin     Reason = "last_admin"    // the last administrator would be none any more
	Linked        Reason = "linked"        // with another account
	Busy          Reason = "busy"          // too many attempts
	Broken        Reason = "broken"        // something in Unity
)

// NotSignedIn is why signing in with a provider came to nothing.
type NotSignedIn struct {
	Reason Reason
	Err    error
}

// Error returns what went wrong, for the log.
func (n NotSignedIn) Error() string { return n.Err.Error() }

// Unwrap returns the cause.
func (n NotSignedIn) Unwrap() error { return n.Err }

// ReasonOf returns why a sign-in came to nothing.
func ReasonOf(err error) Reason {
	if refusal, ok := errors.AsType[NotSignedIn](err); ok {
		return refusal.Reason
	}
	return Broken
}
