package redis

import (
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// refusal is a command that the server refused.
type refusal struct {
	command  []string
	text     string // "NOPERM this user has no permissions to run the 'info' command"
	target   target
	username string
}

// code is the first word of what the server said.
func (r *refusal) code() string {
	code, _, _ := strings.Cut(r.text, " ")
	return code
}

// unknown reports whether the server does not have the command.
func (r *refusal) unknown() bool {
	text := strings.ToLower(r.text)
	return strings.Contains(text, "unknown command") || strings.Contains(text, "unknown subcommand") ||
		strings.Contains(text, "unknown redis command")
}

// Error implements error.
func (r *refusal) Error() string { return r.fault().Error() }

// Unwrap gives the refusal its kind and hint.
func (r *refusal) Unwrap() error { return r.fault() }

// right is how the command is called in an ACL rule.
func (r *refusal) right() string {
	right := "+" + strings.ToLower(r.command[0])
	switch r.command[0] {
	case "SLOWLOG", "LATENCY", "CLIENT", "CLUSTER":
		if len(r.command) > 1 {
			right += "|" + strings.ToLower(r.command[1])
		}
	}
	return right
}

// name is the command without arguments that are data.
func (r *refusal) name() string { return strings.ToUpper(strings.ReplaceAll(r.right()[1:], "|", " ")) }

func (r *refusal) fault() *fault.Error {
	what := r.name() + " at " + r.target.String()
	user := r.username
	if user == "" {
		user = "default"
	}
	lower := strings.ToLower(r.text)
	switch code := r.code(); {
	case r.command[0] == "AUTH":
		return r.login(user)
	case code == "NOAUTH", strings.HasPrefix(r.text, "ERR operation not permitted"):
		return fault.New(fault.Auth, "%s: the server wants a login", what).WithHint("set the password, and the user if it is not the default one")
	case code == "NOPERM" && strings.Contains(lower, "key"):
		return fault.New(fault.Permission, "%s: the user %s may not look at the key", what, user).
			WithHint("grant it on the server: ACL SETUSER %s ~%s", user, r.key())
	case code == "NOPERM":
		return fault.New(fault.Permission, "%s: the user %s lacks the right", what, user).
			WithHint("grant it on the server: ACL SETUSER %s %s", user, r.right())
	case code == "DENIED":
		return fault.New(fault.Permission, "%s: the server is in protected mode and answers on its own machine only", what).
			WithHint("set a password (requirepass) or bind addresses on the server, or watch it from its own machine")
	case r.unknown():
		return fault.New(fault.Unsupported, "%s: the server does not know the command", what).
			WithHint("it is too old for the command, or the command was renamed (rename-command) or is not offered by the host")
	case strings.Contains(lower, "max number of clients"):
		return fault.New(fault.RateLimited, "connecting to %s: it has as many clients as it takes", r.target).
			WithHint("raise maxclients, or see who keeps so many connections: CLIENT LIST")
	case code == "BUSY":
		return fault.New(fault.Timeout, "%s: the server is busy with a script", what).WithHint("wait for it, or end it: SCRIPT KILL")
	case code == "WRONGTYPE":
		return fault.New(fault.Config, "%s: the key %s is of another type", what, r.key()).WithHint("set its type in key_checks to auto")
	case code == "LOADING":
		return fault.New(fault.Unreachable, "%s: the server loads its data", what).WithHint("wait until it is done")
	case code == "MASTERDOWN":
		return fault.New(fault.Unreachable, "%s: the replica has lost its primary and gives no answers", what).WithHint("see the primary")
	default:
		return fault.New(fault.BadAnswer, "%s: %s", what, plugin.Shorten(r.text, 200))
	}
}

// key is the key of a command that has one.
func (r *refusal) key() string {
	if len(r.command) > 1 {
		return r.command[1]
	}
	return "*"
}

func (r *refusal) login(user string) *fault.Error {
	what := "logging in to " + r.target.String() + " as " + user
	lower := strings.ToLower(r.text)
	switch {
	case r.code() == "WRONGPASS", strings.Contains(lower, "invalid password"):
		return fault.New(fault.Auth, "%s: user or password are wrong, or the user is off", what).
			WithHint("check them; on the server: ACL GETUSER %s", user)
	case strings.Contains(lower, "no password is set"), strings.Contains(lower, "without any password configured"):
		return fault.New(fault.Auth, "%s: the server has no password", what).WithHint("leave the password empty, or set one on the server: requirepass")
	case strings.Contains(lower, "wrong number of arguments"):
		return fault.New(fault.Unsupported, "%s: the server has no users, only a password", what).WithHint("leave the user empty; users came with Redis 6")
	case r.unknown():
		return fault.New(fault.WrongService, "%s: the server does not know AUTH", what).WithHint("check the port")
	case r.code() == "LOADING", r.code() == "BUSY", r.code() == "DENIED", strings.Contains(lower, "max number of clients"):
		other := *r
		other.command = []string{"LOGIN"}
		return other.fault()
	default:
		return fault.New(fault.Auth, "%s: %s", what, plugin.Shorten(r.text, 200))
	}
}
