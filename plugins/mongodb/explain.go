package mongodb

import (
	"fmt"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// refusal is a command that the server refused.
type refusal struct {
	question question
	code     int
	name     string // of the code
	text     string
	target   target
	username string
}

// The codes of refusals that matter here.
const (
	codeUnauthorized    = 13
	codeAuthentication  = 18
	codeTimeout         = 50
	codeCommandNotFound = 59
	codeInvalidOptions  = 72 // a parameter that a mongos does not have
	codeNoReplication   = 76
	codeNotInitialized  = 94
	codeNotImplemented  = 238
	codeShuttingDown    = 91
	codeInterrupted     = 11600
)

// absent reports whether the server does not have the command, or not for the way
// in which it runs.
func (r *refusal) absent() bool {
	switch r.code {
	case codeCommandNotFound, codeInvalidOptions, codeNoReplication, codeNotInitialized, codeNotImplemented:
		return true
	default:
		return strings.HasPrefix(r.text, "no such command")
	}
}

// Error implements error.
func (r *refusal) Error() string { return r.fault().Error() }

// Unwrap gives the refusal its kind and hint.
func (r *refusal) Unwrap() error { return r.fault() }

func (r *refusal) fault() *fault.Error {
	what := r.question.command() + " at " + r.target.String()
	switch {
	case strings.HasPrefix(r.question.command(), "sasl"), r.question.command() == "authenticate":
		return r.login()
	case r.code == codeUnauthorized && r.username == "":
		return fault.New(fault.Auth, "%s: the server wants a login", what).
			WithHint("set user and password of a user with the role clusterMonitor")
	case r.code == codeUnauthorized:
		return fault.New(fault.Permission, "%s: the user %s lacks the right", what, r.username).WithHint("%s", r.grant())
	case r.code == codeTimeout:
		return fault.New(fault.Timeout, "%s: the server ended it because it took too long", what).
			WithHint("see whether the server is busy, or raise the timeout")
	case r.code == codeShuttingDown, r.code == codeInterrupted:
		return fault.New(fault.Unreachable, "%s: the server is shutting down", what)
	case r.absent():
		return fault.New(fault.Unsupported, "%s: the server does not know it, or not in the way it runs", what)
	case strings.Contains(r.text, "OP_QUERY") || strings.Contains(r.text, "wire version"):
		return fault.New(fault.Unsupported, "%s: %s", what, r.text).WithHint("MongoDB 3.6 or newer is needed")
	default:
		text := r.text
		if text == "" {
			text = fmt.Sprintf("code %d", r.code)
		}
		return fault.New(fault.BadAnswer, "%s: %s", what, text)
	}
}

// grant is the command that gives the right.
func (r *refusal) grant() string {
	role := `"clusterMonitor"`
	if r.question.database == "local" {
		role = `{role: "read", db: "local"}`
	}
	return fmt.Sprintf(`grant it in mongosh: db.getSiblingDB("admin").grantRolesToUser(%q, [%s])`, r.username, role)
}

func (r *refusal) login() *fault.Error {
	what := "logging in to " + r.target.String()
	if r.username != "" {
		what += " as " + r.username
	}
	switch {
	case r.code == codeAuthentication:
		return fault.New(fault.Auth, "%s: user, password or the database of the user are wrong", what).
			WithHint(`check them; in mongosh: db.getSiblingDB("admin").getUsers()`)
	case r.absent(), strings.Contains(strings.ToLower(r.text), "mechanism"):
		return fault.New(fault.Unsupported, "%s: the server does not offer this way to log in", what).WithHint("set auth_mechanism to another")
	default:
		return fault.New(fault.Auth, "%s: %s", what, r.text)
	}
}
