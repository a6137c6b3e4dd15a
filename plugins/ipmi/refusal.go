package ipmi

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

var (
	// errOwnTimeout ends a question whose own time is over, while the run has some.
	errOwnTimeout = errors.New("the question's own time is over")
	errNotIPMI    = errors.New("what answers is not IPMI")
	errPassword   = errors.New("the controller has another password")
	errKey        = errors.New("the controller has another key")
)

// explain turns what went wrong into a fault. A session that was open has shown
// that login and network are good.
func (s *session) explain(ctx context.Context, err error, open bool) error {
	if said := (*fault.Error)(nil); errors.As(err, &said) {
		return err // it is explained
	}
	if said := (*refusal)(nil); errors.As(err, &said) {
		return err
	}
	what := "logging in at " + s.address
	if open {
		what = "asking " + s.address
	}
	kind, words, hint := s.reason(ctx, err, open)
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, words)}
}

func (s *session) reason(ctx context.Context, err error, open bool) (kind fault.Kind, words, hint string) {
	said := (*statusError)(nil)
	switch {
	case ctx.Err() != nil:
		return fetch.Explain(ctx.Err())
	case errors.Is(err, errOwnTimeout) && open:
		return fault.Timeout, "no answer within " + s.config.Timeout.String(), "the controller may be busy or restarting; raise the timeout"
	case errors.Is(err, errOwnTimeout):
		return fault.Timeout, "no answer within " + s.config.Timeout.String(),
			"IPMI over LAN is off on the controller, UDP port 623 is blocked, or it knows only IPMI 1.5 (interface lan)"
	case errors.Is(err, errNotIPMI) && !open:
		return fault.WrongService, errNotIPMI.Error(), "check host and port"
	case errors.Is(err, errNotIPMI), errors.Is(err, errGarbled):
		return fault.BadAnswer, "the answers make no sense", "the session may have been ended by the controller"
	case errors.Is(err, errPassword):
		return fault.Auth, "the password is not that of the user", "check user and password; on some controllers a password has at most 16 letters"
	case errors.Is(err, errKey):
		return fault.Auth, "the key of the controller is another one", "check k_g"
	case errors.As(err, &said):
		return said.reason()
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.Refused, "nothing listens at that UDP port", "switch on IPMI over LAN in the controller's settings"
	}
	kind, words, hint = fetch.Explain(err)
	if kind == fault.BadAnswer {
		return fault.Unreachable, "the connection ended", ""
	}
	return kind, words, hint
}

// reason says what the status of a login that was refused means.
func (e *statusError) reason() (kind fault.Kind, words, hint string) {
	const login = "check user and password, that the user may use IPMI over LAN, and that it may have the privilege"
	switch e.status {
	case 0x01:
		return fault.RateLimited, "the controller has no free session", "end other sessions, or wait until they run out; the next run tries again"
	case 0x09, 0x0e:
		return fault.Auth, "the user may not have the privilege that was asked for", "lower privilege, or give the user that right"
	case 0x0a:
		return fault.RateLimited, "the controller has no free session of that privilege", "end other sessions, or wait until they run out; the next run tries again"
	case 0x0d:
		return fault.Auth, "the controller does not know the user", login
	case 0x0f:
		return fault.Auth, "the controller does not accept user and password", login
	case 0x04, 0x05, 0x10, 0x11, 0x12:
		return fault.Unsupported, "the controller knows none of the cipher suites", "allow suite 17 or 3 on it, or use interface tool"
	default:
		return fault.BadAnswer, fmt.Sprintf("the controller refuses with status 0x%02x", e.status), login
	}
}

// refusal is a command that the controller does not carry out.
type refusal struct {
	command question
	code    byte
	address string
}

// Error implements error.
func (r *refusal) Error() string { return r.fault().Error() }

// Unwrap gives the refusal its kind and hint.
func (r *refusal) Unwrap() error { return r.fault() }

// missing reports whether the controller says that it has no such thing.
func (r *refusal) missing() bool {
	switch r.code {
	case 0xc1, 0xc2, 0xc9, 0xcb, 0xcc, 0xcd, 0xd5:
		return true
	default:
		return false
	}
}

func (r *refusal) fault() *fault.Error {
	what := fmt.Sprintf("asking %s (command %s)", r.address, r.command)
	switch {
	case r.code == 0xd4:
		return fault.New(fault.Permission, "%s: the privilege does not suffice", what).
			WithHint("set privilege to OPERATOR, and give the user that right")
	case r.code == 0xc0, r.code == 0xc3, r.code == 0xd0, r.code == 0xd2:
		return fault.New(fault.Unreachable, "%s: the controller is busy", what).WithHint("it may be starting; the next run tries again")
	case r.missing():
		return fault.New(fault.Unsupported, "%s: the controller has no such thing (0x%02x)", what, r.code)
	default:
		return fault.New(fault.BadAnswer, "%s: the controller refuses (0x%02x)", what, r.code)
	}
}

// isMissing reports whether the controller has no such thing, which is no fault.
func isMissing(err error) bool {
	said := (*refusal)(nil)
	return errors.As(err, &said) && said.missing()
}

// refusedWith reports whether the controller refused with one of the codes.
func refusedWith(err error, codes ...byte) bool {
	said := (*refusal)(nil)
	if !errors.As(err, &said) {
		return false
	}
	for _, code := range codes {
		if said.code == code {
			return true
		}
	}
	return false
}
