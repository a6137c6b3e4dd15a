package dns

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/peer"
)

// unboundSocket is where Debian's package puts the control.
const unboundSocket = "/run/unbound.ctl"

// unbound tells its figures over its remote control: one question for each
// connection, plain on a socket and with certificates over TCP.
type unbound struct {
	c *collector
	*peer.Peer
}

func (c *collector) unbound() (*unbound, error) {
	at := c.config.Control
	if at == "" {
		at = unboundSocket
	}
	p := &peer.Peer{
		Dial: c.host.Dial, Network: "unix", Address: at, At: at, Timeout: c.config.Timeout.Std(),
		Words: peer.Words{Protocol: "the protocol of Unbound's control", Plain: "give the path of the socket as control", Secure: "give host:port as control"},
	}
	if strings.HasPrefix(at, "/") {
		return &unbound{c, p}, nil
	}
	p.Network, p.Address = "tcp", addressOf(at, "8953")
	p.At, p.Name = p.Address, "unbound"
	var err error
	p.TLS, err = c.controlTLS()
	return &unbound{c, p}, err
}

// controlTLS proves who is who with the files that unbound-control-setup makes.
// Unbound's certificate is compared as a whole: it names no host.
func (c *collector) controlTLS() (*tls.Config, error) {
	const hint = "unbound-control-setup makes the files; let the user that runs Unity read them"
	pair, err := tls.LoadX509KeyPair(c.config.ControlCert, c.config.ControlKey)
	if err != nil {
		return nil, asConfig(err, "reading control_cert and control_key").WithHint(hint)
	}
	text, err := os.ReadFile(c.config.ControlServer)
	if err != nil {
		return nil, asConfig(err, "reading control_server_cert").WithHint(hint)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fault.New(fault.Config, "reading control_server_cert: %s holds no certificate in PEM form", c.config.ControlServer).WithHint(hint)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
		InsecureSkipVerify: true, //nolint:gosec // the certificate is compared instead
		VerifyConnection: func(state tls.ConnectionState) error {
			if !bytes.Equal(state.PeerCertificates[0].Raw, block.Bytes) {
				return fault.New(fault.TLS, "it shows another certificate than %s", c.config.ControlServer).
					WithHint("copy unbound_server.pem from the machine that Unbound runs on")
			}
			return nil
		},
	}, nil
}

func asConfig(err error, what string) *fault.Error {
	kind := fault.Config
	if errors.Is(err, fs.ErrPermission) {
		kind = fault.Permission
	}
	return fault.As(kind, err, "%s", what)
}

// maxStats bounds what the control says.
const maxStats = 4 << 20

// command asks one thing and returns what is said.
func (u *unbound) command(ctx context.Context, name string) (string, error) {
	var text string
	err := u.Ask(ctx, name, func(ctx context.Context, line *peer.Line) error {
		if _, err := io.WriteString(line, "UBCT1 "+name+"\n"); err != nil {
			return err
		}
		raw, err := io.ReadAll(io.LimitReader(line.Reader, maxStats))
		if err != nil && len(raw) == 0 {
			return err
		}
		if len(raw) == 0 {
			return io.EOF
		}
		text = string(raw)
		if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(first, "=") && !strings.HasPrefix(first, "version:") && !strings.HasPrefix(first, "error") {
			return &peer.Malformed{Why: "the answer is not one of Unbound", Start: raw[:min(len(raw), 40)]}
		}
		line.Answered()
		plugin.Observed(ctx, name, func() []byte { return raw })
		return nil
	})
	_ = u.Close() // Unbound ends the connection after each answer
	if err != nil {
		return "", u.advise(err)
	}
	if said, is := strings.CutPrefix(text, "error"); is {
		return "", fault.New(fault.BadAnswer, "asking %s for %s: it says: %s", u.At, name, shorten(strings.TrimSpace(said)))
	}
	return text, nil
}

// advise adds what to do about what is special to the control.
func (u *unbound) advise(err error) error {
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	var authority *x509.UnknownAuthorityError
	switch kind := fault.Of(err); {
	case kind == fault.Permission && u.Network == "unix":
		return e.WithHint("add the user that runs Unity to the group unbound (usermod -aG unbound unity), and start Unity again")
	case kind == fault.Refused || kind == fault.Unreachable && u.Network == "unix":
		return e.WithHint("see whether Unbound runs; its control is off until the settings have: remote-control: control-enable: yes")
	case kind == fault.TLS || errors.As(err, &authority):
		if fault.Hint(err) == "" || strings.Contains(fault.Hint(err), "tls_") {
			return e.WithHint("control_cert and control_key do not belong to this server; copy them from the machine that Unbound runs on")
		}
	}
	return err
}

func (u *unbound) close(context.Context) error { return u.Close() }

func (u *unbound) read(ctx context.Context, out *plugin.Batch, doc *document) error {
	doc.Type = kindUnbound
	text, err := u.command(ctx, "stats_noreset")
	if err != nil {
		return err
	}
	stats := parseStats(text)
	if _, ok := stats["total.num.queries"]; !ok {
		return fault.New(fault.BadAnswer, "asking %s for stats_noreset: the answer holds no count of queries", u.At)
	}
	u.emit(stats, out, doc)
	status, err := u.command(ctx, "status")
	out.Problem(err)
	for line := range strings.Lines(status) {
		if version, found := strings.CutPrefix(line, "version: "); found {
			doc.Version = shorten(strings.TrimSpace(version))
		}
	}
	return nil
}

// parseStats reads lines such as total.num.queries=12. What is no number is left
// out.
func parseStats(text string) map[string]float64 {
	stats := make(map[string]float64)
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found || strings.HasPrefix(key, "thread") || strings.HasPrefix(key, "histogram.") {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			stats[key] = v
		}
	}
	return stats
}

// shorten makes one short line of what a server said.
func shorten(text string) string { return plugin.Shorten(text, 120) }
