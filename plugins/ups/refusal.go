package ups

import (
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// refusal is a question that upsd refused: "ERR DATA-STALE".
type refusal struct {
	command []string
	code    string
	address string
}

// lost reports whether upsd has lost the UPS, with what it means for people.
func (r *refusal) lost() (why string, is bool) {
	switch r.code {
	case "DATA-STALE":
		return "the driver has no fresh data of the UPS", true
	case "DRIVER-NOT-CONNECTED":
		return "the driver of the UPS does not run", true
	default:
		return "", false
	}
}

// Error implements error.
func (r *refusal) Error() string { return r.fault().Error() }

// Unwrap gives the refusal its kind and hint.
func (r *refusal) Unwrap() error { return r.fault() }

func (r *refusal) fault() *fault.Error {
	what := "asking " + r.address
	if r.command[0] != "USERNAME" && r.command[0] != "PASSWORD" {
		what += " for " + strings.Join(r.command, " ")
	}
	why, lost := r.lost()
	switch {
	case lost:
		return fault.New(fault.Unreachable, "%s: %s", what, why).WithHint("see upsdrvctl start, and the log of the driver")
	case r.code == "ACCESS-DENIED":
		return fault.New(fault.Permission, "%s: upsd does not let us", what).
			WithHint("let this machine and the user in: upsd.users, and LISTEN or ACL in upsd.conf")
	case r.code == "USERNAME-REQUIRED", r.code == "PASSWORD-REQUIRED":
		return fault.New(fault.Auth, "%s: upsd wants a login", what).WithHint("set a user of upsd.users and the password")
	case r.code == "INVALID-USERNAME", r.code == "INVALID-PASSWORD":
		return fault.New(fault.Auth, "%s: user or password are wrong", what).WithHint("compare them with upsd.users")
	case r.code == "TLS-NOT-ENABLED", r.code == "FEATURE-NOT-CONFIGURED", r.code == "FEATURE-NOT-SUPPORTED":
		return fault.New(fault.Unsupported, "%s: %s", what, r.code)
	case r.code == "UNKNOWN-UPS":
		return fault.New(fault.NotFound, "%s: there is no such UPS", what).WithHint("list them: upsc -l %s", r.address)
	case r.code == "UNKNOWN-COMMAND":
		return fault.New(fault.Unsupported, "%s: upsd does not know the question", what).WithHint("it is too old; NUT 2.2 or newer is needed")
	default:
		return fault.New(fault.BadAnswer, "%s: %s", what, shorten(r.code))
	}
}

// malformed is an answer that is not of the protocol.
type malformed struct{ start string }

// Error implements error.
func (m *malformed) Error() string { return "not understood: " + shorten(m.start) }

// reason says what the answer tells of who gave it.
func (m *malformed) reason(answered bool) (kind fault.Kind, words, hint string) {
	switch {
	case strings.HasPrefix(m.start, "HTTP/"), strings.HasPrefix(m.start, "<"):
		return fault.WrongService, "it speaks HTTP", "check the port: NUT has 3493, apcupsd 3551"
	case strings.HasPrefix(m.start, "SSH-"):
		return fault.WrongService, "it speaks SSH", "check the port: NUT has 3493, apcupsd 3551"
	case !answered:
		return fault.WrongService, m.Error(), "check the type and the port: NUT has 3493, apcupsd 3551"
	default:
		return fault.BadAnswer, m.Error(), ""
	}
}

// shorten cuts a text for people.
func shorten(text string) string { return plugin.Shorten(text, 80) }
