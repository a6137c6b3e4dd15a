package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// explain turns what went wrong on the connection into a fault.
func (c *client) explain(ctx context.Context, q question, err error) error {
	if isConfig(err) {
		return err // a secret that cannot be read
	}
	what := "asking " + c.target.String() + " for " + q.command()
	if !c.answered {
		what = "connecting to " + c.target.String()
	}
	kind, why, hint := c.reason(ctx, err)
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, why)}
}

func (c *client) reason(ctx context.Context, err error) (kind fault.Kind, words, hint string) {
	handshake, odd := (*handshakeError)(nil), (*malformed)(nil)
	inHandshake := errors.As(err, &handshake)
	switch {
	case ctx.Err() != nil:
		return fetch.Explain(ctx.Err())
	case errors.Is(err, errOwnTimeout) && inHandshake:
		return fault.Timeout, "no answer to the TLS handshake within " + c.timeout.String(), "switch tls off if the server does not speak it"
	case errors.Is(err, errOwnTimeout):
		return fault.Timeout, "no answer within " + c.timeout.String(), "see whether the server is busy or stopped, and no firewall is in between"
	case errors.As(err, &odd):
		return c.reasonOdd(odd)
	case inHandshake && isGone(err):
		return fault.TLS, "TLS: the connection was closed in the handshake", "switch tls off if the server does not speak it; or see the server's log"
	case isGone(err) && c.answered:
		return fault.Unreachable, "the server closed the connection", "see in the server's log whether it was stopped"
	case isGone(err) && c.security != nil:
		return fault.Unreachable, "the connection was closed without an answer",
			"set tls_cert_file and tls_key_file if the server wants a certificate of its clients; or see the server's log"
	case isGone(err):
		return fault.Unreachable, "the connection was closed without an answer",
			"switch tls on if the server wants it; a server before MongoDB 3.6 is too old; or see the server's log"
	}
	kind, words, hint = fetch.Explain(err)
	if inHandshake && strings.HasSuffix(words, "does not speak TLS") {
		hint = "switch tls off, or check the port"
	}
	return kind, words, hint
}

// reasonOdd says what an answer that is not of the protocol tells.
func (c *client) reasonOdd(odd *malformed) (kind fault.Kind, words, hint string) {
	switch {
	case bytes.HasPrefix(odd.start, []byte("HTTP/")), bytes.HasPrefix(odd.start, []byte("<")):
		return fault.WrongService, "it speaks HTTP, not the protocol of MongoDB", "check the port"
	case bytes.HasPrefix(odd.start, []byte{0x15, 0x03}):
		return fault.WrongService, "it speaks TLS", "switch tls on"
	case !c.answered && len(odd.start) > 0:
		return fault.WrongService, fmt.Sprintf("it does not speak the protocol of MongoDB: it says %q", odd.start), "check the port"
	default:
		return fault.BadAnswer, odd.why, ""
	}
}

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
