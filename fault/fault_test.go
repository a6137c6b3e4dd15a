package fault_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os/exec"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/fault"
)

func TestKindOfStandardErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"nothing":               {nil, ""},
		"something unknown":     {errors.New("x"), fault.Internal},
		"canceled":              {fmt.Errorf("x: %w", context.Canceled), fault.Canceled},
		"out of time":           {context.DeadlineExceeded, fault.Timeout},
		"no such name":          {&net.OpError{Op: "dial", Err: &net.DNSError{Name: "nas", IsNotFound: true}}, fault.DNS},
		"name server is silent": {&net.DNSError{Name: "nas", IsTimeout: true}, fault.Timeout},
		"nobody listens":        {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, fault.Refused},
		"no route":              {&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, fault.Unreachable},
		"connection cut":        {syscall.ECONNRESET, fault.Unreachable},
		"no answer":             {&net.OpError{Op: "read", Err: syscall.ETIMEDOUT}, fault.Timeout},
		"unknown authority":     {x509.UnknownAuthorityError{}, fault.TLS},
		"wrong name":            {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "nas"}, fault.TLS},
		"refused in TLS":        {&net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, fault.TLS},
		"no program":            {&exec.Error{Name: "zpool", Err: exec.ErrNotFound}, fault.NotInstalled},
		"no file":               {&fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}, fault.NotFound},
		"no right":              {&fs.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, fault.Permission},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.Of(test.err); got != test.want {
				t.Errorf("kind of %v is %q, want %q", test.err, got, test.want)
			}
		})
	}
}

func TestWrappingKeepsKindCauseAndHint(t *testing.T) {
	t.Parallel()
	cause := fault.New(fault.Auth, "login of %s was refused", "bob").WithHint("check the %s", "password")
	err := fault.Wrap(fault.Wrap(cause, "GET http://nas/api"), "collecting nas")

	if want := "collecting nas: GET http://nas/api: login of bob was refused"; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
	if got := fault.Of(err); got != fault.Auth {
		t.Errorf("kind %q, want auth", got)
	}
	if got := fault.Hint(err); got != "check the password" {
		t.Errorf("hint %q", got)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if fault.Wrap(nil, "x") != nil {
		t.Error("wrapping nothing gives something")
	}
}

func TestPartOfManyAnswersKeepsTextAndHint(t *testing.T) {
	t.Parallel()
	cause := fault.New(fault.Permission, "asking for logs").WithHint("give the right")
	err := fault.Partly(cause)
	if fault.Of(err) != fault.Partial || err.Error() != "asking for logs" || fault.Hint(err) != "give the right" || !errors.Is(err, cause) {
		t.Errorf("got %s: %v (%s)", fault.Of(err), err, fault.Hint(err))
	}
	if fault.Partly(nil) != nil {
		t.Error("nothing becomes something")
	}
}

func TestAnExplicitKindWins(t *testing.T) {
	t.Parallel()
	err := fault.As(fault.WrongService, context.DeadlineExceeded, "reading the banner")
	if got := fault.Of(err); got != fault.WrongService {
		t.Errorf("kind %q, want wrong_service", got)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the cause is lost")
	}
}

func TestOnlyWhatMayPassIsTemporary(t *testing.T) {
	t.Parallel()
	for _, kind := range fault.Kinds() {
		if !kind.Valid() {
			t.Errorf("%q is listed and not valid", kind)
		}
	}
	for _, kind := range []fault.Kind{fault.Auth, fault.Config, fault.Permission, fault.RateLimited, fault.Canceled} {
		if kind.Temporary() {
			t.Errorf("%q is temporary: trying again at once cannot help", kind)
		}
	}
	if fault.Kind("nonsense").Valid() {
		t.Error("a kind that is not listed is valid")
	}
}

func TestRewordedErrorsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	err := fault.Reword(fmt.Errorf("GET /?token=s3cret: %w", context.DeadlineExceeded), "no answer within 10s")
	if got := err.Error(); got != "no answer within 10s" {
		t.Errorf("it says %q", got)
	}
	if !errors.Is(err, context.DeadlineExceeded) || fault.Of(err) != fault.Timeout {
		t.Errorf("it is %s", fault.Of(err))
	}
}
