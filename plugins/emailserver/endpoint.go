package emailserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lockout"
)

var errOwnTime = errors.New("the endpoint's own time is over")

// What an endpoint can be.
const (
	stateOK       = "ok"
	stateRefusing = "refusing" // it answers, and takes no connection from here
	stateDown     = "down"
)

// seen is what was found at an endpoint.
type seen struct {
	endpoint endpoint
	state    string
	err      error
	banner   string
	phases   []phase
	took     time.Duration
	can      *abilities // nil while nothing is known
	shown    *shown     // nil without TLS
}

// phase is how long a part took.
type phase struct {
	name string
	took time.Duration
}

// shown is what a server showed over TLS.
type shown struct {
	version string
	issuer  string
	ends    time.Time
	// wrong says why the certificate does not hold; empty when it does.
	wrong string
}

// look looks at every endpoint at once.
func (c *collector) look(ctx context.Context) []seen {
	found := make([]seen, len(c.config.Endpoints))
	for _, e := range c.config.Endpoints {
		if c.logins[e.Name] == nil {
			c.logins[e.Name] = new(login)
		}
	}
	var group sync.WaitGroup
	for i, e := range c.config.Endpoints {
		group.Go(func() { found[i] = c.lookAt(ctx, e) })
	}
	group.Wait()
	return found
}

// lookAt talks to one endpoint as a client does, up to the login.
func (c *collector) lookAt(ctx context.Context, e endpoint) seen {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.Timeout.Std(), errOwnTime)
	defer cancel()
	s := seen{endpoint: e, state: stateOK}
	began := time.Now()
	err := c.speak(ctx, &s)
	s.took = time.Since(began)
	if err == nil {
		return s
	}
	if cause := context.Cause(ctx); cause != nil && asRefusal(err) == nil && fault.Of(err) != fault.Auth {
		err = cause
	}
	s.err, s.state = explain(e, c.config.Timeout, err), stateDown
	if no := asRefusal(err); no != nil && no.busy {
		s.state = stateRefusing
	}
	return s
}

func asRefusal(err error) *refusal {
	no := (*refusal)(nil)
	errors.As(err, &no)
	return no
}

func (c *collector) speak(ctx context.Context, s *seen) error {
	e, speaks := s.endpoint, dialectOf(s.endpoint.Protocol)
	began := time.Now()
	done := func(name string) {
		s.phases = append(s.phases, phase{name, time.Since(began)})
		began = time.Now()
	}
	conn, err := c.host.Dial(ctx, e.network(), e.at())
	if err != nil {
		return err
	}
	t := newTalk(ctx, conn)
	defer t.close()
	done("connect")
	implicit := e.TLS == tlsImplicit || e.TLS == auto && speaks.implicit
	if implicit {
		if err := c.handshake(ctx, t, s); err != nil {
			return err
		}
		done("tls")
	}
	if s.banner, err = speaks.greet(t); err != nil {
		return err
	}
	s.banner = plugin.Shorten(s.banner, 120)
	done("greeting")
	can, err := speaks.able(t, c.ownName())
	if err != nil {
		return err
	}
	s.can = &can
	if !implicit && (e.TLS == tlsStart || e.TLS == auto && can.startTLS) {
		if !can.startTLS {
			return notOffered("")
		}
		if err := c.upgrade(ctx, t, speaks, s); err != nil {
			return err
		}
		done("tls")
	}
	if e.Username != "" {
		began = time.Now()
		if err := c.login(t, speaks, s); err != nil {
			return err
		}
		done("login")
	}
	// Whoever was fine up to here is fine; goodbye is said so that the server's log
	// does not tell of a lost connection.
	if t.send(speaks.quit, speaks.quit) == nil {
		_, _ = t.line()
	}
	return nil
}

// upgrade goes over to TLS. What the server says that it can do counts from then.
func (c *collector) upgrade(ctx context.Context, t *talk, speaks dialect, s *seen) error {
	if err := speaks.start(t); err != nil {
		return err
	}
	if err := c.handshake(ctx, t, s); err != nil {
		return err
	}
	t.observe()
	t.asked = "connect"
	can, err := speaks.able(t, c.ownName())
	s.can.auth = can.auth
	return err
}

// ownName is what Unity is called in a conversation.
func (c *collector) ownName() string {
	if c.config.EHLOName != "" {
		return c.config.EHLOName
	}
	if name := strings.Trim(c.host.Name, "."); name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r > 'z' || !strings.ContainsRune("-._", r) && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	}) < 0 {
		return name
	}
	return "unity"
}

// handshake speaks TLS and judges what is shown. A certificate that does not hold
// is a finding; only a password is not sent then.
func (c *collector) handshake(ctx context.Context, t *talk, s *seen) error {
	config := c.tls.Clone()
	config.InsecureSkipVerify, config.VerifyConnection = true, nil
	if config.ServerName == "" {
		config.ServerName = s.endpoint.Host
	}
	state, err := t.secure(ctx, config)
	if err != nil {
		return err
	}
	leaf := state.PeerCertificates[0]
	s.shown = &shown{version: strings.TrimPrefix(tls.VersionName(state.Version), "TLS "), issuer: plugin.Shorten(leaf.Issuer.String(), 120), ends: leaf.NotAfter.UTC()}
	if err := c.judge(state, s.endpoint); err != nil {
		s.shown.wrong = plugin.Shorten(err.Error(), 200)
	}
	return nil
}

// judge says why a certificate does not hold.
func (c *collector) judge(state tls.ConnectionState, e endpoint) error {
	if c.tls.VerifyConnection != nil {
		return c.tls.VerifyConnection(state) // a fingerprint says more than a signature
	}
	name := c.tls.ServerName
	if address, err := netip.ParseAddr(e.Host); name == "" && e.Host != "localhost" && !e.local() && (err != nil || !address.IsLoopback()) {
		name = e.Host
	}
	between := x509.NewCertPool()
	for _, one := range state.PeerCertificates[1:] {
		between.AddCert(one)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: c.tls.RootCAs, Intermediates: between, DNSName: name, CurrentTime: c.host.Now(),
	})
	return err
}

// login logs in, unless that was refused not long ago: servers ban whom they see
// fail again and again.
func (c *collector) login(t *talk, speaks dialect, s *seen) error {
	e := s.endpoint
	switch {
	case s.shown == nil && !e.local():
		return &refusal{kind: fault.TLS, why: "no password is sent: the server does not speak TLS", hint: "set up TLS on the server, or leave user and password out"}
	case s.shown != nil && s.shown.wrong != "" && c.config.Verify:
		return &refusal{
			kind: fault.TLS, why: "no password is sent: " + s.shown.wrong,
			hint: "set tls_ca_file, tls_server_name or tls_fingerprint so that the certificate holds",
		}
	}
	if isSMTP(e.Protocol) && len(s.can.auth) > 0 && !slices.Contains(s.can.auth, "PLAIN") {
		return &refusal{kind: fault.Unsupported, why: "it takes no passwords as they are; it offers " + strings.Join(s.can.auth, ", "), hint: "let it offer AUTH PLAIN over TLS"}
	}
	password, err := e.Password.Reveal()
	switch {
	case err != nil:
		return &refusal{kind: fault.Of(err), why: err.Error(), hint: fault.Hint(err)}
	case strings.ContainsAny(password, "\r\n\x00"):
		return &refusal{kind: fault.Config, why: "the password is not one line", hint: "enter it again"}
	}
	guard := c.logins[e.Name].with(password)
	if err := guard.Refused(c.host.Now()); err != nil {
		return err
	}
	if err = speaks.login(t, e.Username, password); asRefusal(err) != nil {
		err = explain(e, c.config.Timeout, err)
	}
	return guard.Note(err, c.host.Now())
}

func isSMTP(protocol string) bool {
	return protocol == "smtp" || protocol == "smtps" || protocol == "submission"
}

// login is one that may have been refused. Another password is tried at once.
type login struct {
	lockout.Guard

	password string
}

func (l *login) with(password string) *lockout.Guard {
	if l.password != password {
		*l = login{password: password}
	}
	return &l.Guard
}

// emitEndpoints makes samples of what was found.
func emitEndpoints(all []seen, out *plugin.Batch) {
	for _, s := range all {
		name := s.endpoint.Name
		out.AddBool("mail_endpoint_up", s.state != stateDown, "endpoint", name, "protocol", s.endpoint.Protocol)
		for _, p := range s.phases {
			out.Add("mail_endpoint_phase_seconds", p.took.Seconds(), "endpoint", name, "phase", p.name)
		}
		if s.can != nil && !dialectOf(s.endpoint.Protocol).implicit && s.endpoint.TLS != tlsImplicit {
			out.AddBool("mail_starttls_offered", s.can.startTLS, "endpoint", name)
		}
		if s.shown != nil {
			out.Add("mail_tls_expiry_timestamp_seconds", float64(s.shown.ends.Unix()), "endpoint", name)
			out.AddBool("mail_tls_valid", s.shown.wrong == "", "endpoint", name)
		}
		if s.state == stateRefusing {
			out.Problem(s.err)
		}
	}
}
