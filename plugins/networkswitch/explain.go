package networkswitch

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"syscall"

	"github.com/gosnmp/gosnmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// explain turns what went wrong into a fault.
func (s *session) explain(ctx context.Context, what string, err error) error {
	if said := (*fault.Error)(nil); errors.As(err, &said) {
		return err // a secret that cannot be read, a setting that does not fit
	}
	kind, why, hint := s.reason(ctx, err)
	return &fault.Error{Kind: kind, Message: "asking " + s.address + " for " + what, Hint: hint, Err: fault.Reword(err, why)}
}

func (s *session) reason(ctx context.Context, err error) (kind fault.Kind, words, hint string) {
	switch {
	case ctx.Err() != nil:
		return fetch.Explain(ctx.Err())
	case errors.Is(err, gosnmp.ErrUnknownUsername):
		return fault.Auth, "it does not know the user " + s.config.User, "see the users of SNMPv3 in the device's settings"
	case errors.Is(err, gosnmp.ErrWrongDigest):
		return fault.Auth, "user or password are not accepted", "check v3_user, v3_auth_password and v3_auth_protocol"
	case strings.Contains(err.Error(), "not authentic"):
		// What a device says of a wrong user or password the library throws away,
		// because nobody has proved that it comes from the device.
		return fault.Auth, "user or password are not accepted", "check v3_user, v3_auth_password and v3_auth_protocol, and that the user has the level " + s.config.Level
	case errors.Is(err, gosnmp.ErrDecryption):
		return fault.Auth, "the password of the encryption is not accepted", "check v3_priv_password and v3_priv_protocol"
	case errors.Is(err, gosnmp.ErrUnknownSecurityLevel):
		return fault.Auth, "the user may not ask with the level " + s.config.Level, "set v3_level to that of the user"
	case errors.Is(err, gosnmp.ErrNotInTimeWindow), errors.Is(err, gosnmp.ErrUnknownEngineID):
		return fault.Unreachable, "it has just been restarted, or its clock jumps", "the next run asks anew"
	case isSilence(err) && s.greeted() && !s.answered && s.config.Level == levelPrivate:
		// It has said who it is, which is not encrypted, and takes what is encrypted
		// with another password for noise.
		return fault.Auth, "the password of the encryption is not accepted", "check v3_priv_password and v3_priv_protocol"
	case isSilence(err):
		return fault.Timeout, s.silence(), s.silenceHint()
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.Refused, "connection refused", "see whether SNMP is switched on in the device's settings, and at that port"
	case errors.Is(err, io.ErrUnexpectedEOF) && !s.answered:
		return fault.Unreachable, "the connection was closed without an answer", "almost every device speaks UDP: see the transport"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Unreachable, "the connection was closed", ""
	}
	kind, words, hint = fetch.Explain(err)
	if kind != fault.BadAnswer && kind != fault.Internal {
		return kind, words, hint
	}
	// Whatever the library finds wrong with a packet has no type.
	if !s.answered {
		return fault.WrongService, "what answers is not SNMP, or of another version", "check port and version"
	}
	return fault.BadAnswer, "an answer that is not SNMP, or was cut", "lower max_oids"
}

// isSilence reports whether there was no answer.
func isSilence(err error) bool {
	return errors.Is(err, gosnmp.ErrMaxRetriesExceeded) || fault.Of(err) == fault.Timeout
}

// greeted reports whether a device of version 3 has said who it is.
func (s *session) greeted() bool {
	if s.snmp == nil {
		return false
	}
	login, ok := s.snmp.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	return ok && login.AuthoritativeEngineID != ""
}

func (s *session) silence() string {
	tries := s.config.Retries + 1
	if tries == 1 {
		return "no answer"
	}
	return "no answer in " + strconv.Itoa(tries) + " tries"
}

// silenceHint tells why a device may say nothing: to a wrong community none does.
func (s *session) silenceHint() string {
	switch {
	case s.answered:
		return "it has answered before: it may be busy; raise the timeout, or lower max_oids"
	case s.config.Version == "3":
		return "the device is down, SNMPv3 is off, the port is filtered, or it does not let this address ask"
	default:
		return "the device is down, SNMP is off, the port is filtered, it does not let this address ask, or the community is wrong: to that it says nothing"
	}
}

// denied is what a device says to a user who may not see something.
func (s *session) denied(what string) error {
	return fault.New(fault.Permission, "asking %s for %s: the user may not see it", s.address, what).
		WithHint("give the user or the community a view of it, or a higher level")
}
