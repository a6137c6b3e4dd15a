// Package fault holds the words for what goes wrong.
//
// Every error that a person may see has a kind, from one short list, and says
// what was being done and to what. What to do about it is a hint of its own.
// Packages map kinds to their own terms: an HTTP status, an exit code, whether
// trying again can help.
package fault

import (
	"errors"
	"fmt"
	"slices"
)

// Kind is the sort of thing that went wrong.
type Kind string

// The kinds of fault.
const (
	Config       Kind = "config"        // what was asked for makes no sense
	NotInstalled Kind = "not_installed" // a program that is needed is not there
	NotFound     Kind = "not_found"     // the thing does not exist
	Unreachable  Kind = "unreachable"   // no route, host down, no such socket
	Refused      Kind = "refused"       // something answered that nothing listens there
	Timeout      Kind = "timeout"       // no answer in time
	DNS          Kind = "dns"           // the name has no address
	TLS          Kind = "tls"           // certificate or handshake
	Auth         Kind = "auth"          // credentials missing or wrong
	Permission   Kind = "permission"    // credentials fine, right missing
	RateLimited  Kind = "rate_limited"  // asked to come back later
	Unsupported  Kind = "unsupported"   // too old, too new, or not on this platform
	WrongService Kind = "wrong_service" // something else answers at that address
	BadAnswer    Kind = "bad_answer"    // the answer could not be understood
	Partial      Kind = "partial"       // some of it could not be had
	Conflict     Kind = "conflict"      // it exists already, or was changed meanwhile
	Internal     Kind = "internal"      // a mistake in Unity
	Canceled     Kind = "canceled"      // stopped on purpose
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		Config, NotInstalled, NotFound, Unreachable, Refused, Timeout, DNS, TLS, Auth, Permission,
		RateLimited, Unsupported, WrongService, BadAnswer, Partial, Conflict, Internal, Canceled,
	}
}

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds(), k) }

// Temporary reports whether the same attempt may succeed a moment later
// without anybody doing anything.
func (k Kind) Temporary() bool {
	switch k {
	case Unreachable, Refused, Timeout, DNS, BadAnswer:
		return true
	default:
		return false
	}
}

// Error is an error with a kind. Its text reads "doing what, to what: cause".
type Error struct {
	Kind    Kind
	Message string // what was being done, to what, and what came back; no secrets
	Hint    string // what the operator can do; may be empty
	Err     error  // the cause; may be nil
}

// Error returns the message and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	if e.Message == "" {
		return e.Err.Error()
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the kind with a formatted message.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// As gives err the kind and says what was being done.
func As(kind Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Hint: Hint(err), Err: err}
}

// Wrap says what was being done when err came, and keeps its kind and hint.
// It returns nil when err is nil.
func Wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return As(Of(err), err, format, args...)
}

// Partly gives err the kind of what went wrong with one of many answers, and keeps
// its text and hint. It returns nil when err is nil.
func Partly(err error) error {
	if err == nil {
		return nil
	}
	return As(Partial, err, "")
}

// WithHint returns a copy of e that tells the operator what to do.
func (e *Error) WithHint(format string, args ...any) *Error {
	hinted := *e
	hinted.Hint = fmt.Sprintf(format, args...)
	return &hinted
}

// Hint returns the advice that err carries, or "".
func Hint(err error) string {
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Hint != "" {
			return e.Hint
		}
	}
	return ""
}
