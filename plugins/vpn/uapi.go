package vpn

import (
	"bufio"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxUAPI bounds what a program tells of its device.
const maxUAPI = 8 << 20

// readSocket asks a program that has a device, such as wireguard-go or boringtun,
// over its socket.
func (c *collector) readSocket(ctx context.Context, name string) (device, error) {
	const question = "get=1"
	path := socketFolder + "/" + name + ".sock"
	what, slow := "asking "+path, "see whether the program of "+name+" is stopped"
	ctx, cancel := c.deadline(ctx)
	defer cancel()
	conn, err := c.host.Dial(ctx, "unix", path)
	if err != nil {
		err = c.explain(ctx, err, what, slow)
		if fault.Of(err) == fault.Permission {
			return device{}, fault.As(fault.Permission, err, "reading %s", name).WithHint("reading WireGuard needs root; see Set-up")
		}
		return device{}, err
	}
	defer func() { _ = conn.Close() }()
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, question+"\n\n"); err != nil {
		return device{}, c.explain(ctx, err, what, slow)
	}
	d, told, err := parseUAPI(io.LimitReader(conn, maxUAPI))
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		return device{}, fault.Wrap(err, "%s", what)
	}
	if err != nil {
		return device{}, c.explain(ctx, err, what, slow)
	}
	plugin.Observed(ctx, question, func() []byte { return []byte(told) })
	d.name, d.kind = name, kindUserspace
	return d, nil
}

// parseUAPI reads lines of names and values up to an empty one. What it returns
// as told holds no secret.
func parseUAPI(from io.Reader) (d device, told string, err error) {
	var kept strings.Builder
	lines := bufio.NewScanner(from)
	ended, number := false, "0"
	for !ended && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch name {
		case "":
			ended = true
			continue
		case "private_key":
			d.publicKey = publicKey(value)
			continue
		case "preshared_key":
			continue
		}
		kept.WriteString(lines.Text() + "\n")
		if name == "errno" {
			number = value
		} else if err := d.set(name, value); err != nil {
			return device{}, "", err
		}
	}
	switch {
	case lines.Err() != nil:
		return device{}, "", lines.Err()
	case !ended:
		return device{}, "", io.ErrUnexpectedEOF
	case number != "0":
		return device{}, "", fault.New(fault.BadAnswer, "it answers with number %.20q of a fault", number)
	}
	return d, kept.String() + "\n", nil
}

// set takes one line. A public key begins a peer.
func (d *device) set(name, value string) error {
	bad := fault.New(fault.BadAnswer, "%s is %.60q, which makes no sense", name, value)
	if name == "public_key" {
		raw, err := hex.DecodeString(value)
		if err != nil || len(raw) != 32 {
			return bad
		}
		d.peers = append(d.peers, peer{key: base64.StdEncoding.EncodeToString(raw)})
		return nil
	}
	if name == "listen_port" {
		port, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return bad
		}
		d.port = int(port)
		return nil
	}
	if len(d.peers) == 0 {
		return nil // of the device, and not looked at
	}
	return d.peers[len(d.peers)-1].set(name, value, bad)
}

func (p *peer) set(name, value string, bad error) error {
	switch name {
	case "endpoint":
		p.endpoint = value
		return nil
	case "allowed_ip":
		p.allowed = append(p.allowed, value)
		return nil
	case "last_handshake_time_sec", "rx_bytes", "tx_bytes", "persistent_keepalive_interval":
	default:
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return bad
	}
	switch name {
	case "last_handshake_time_sec":
		if n > 0 {
			p.handshake = time.Unix(n, 0).UTC()
		}
	case "rx_bytes":
		p.received = float64(n)
	case "tx_bytes":
		p.sent = float64(n)
	default:
		p.keepalive = float64(n)
	}
	return nil
}

// publicKey is the public half of a private key, which is not kept.
func publicKey(private string) string {
	raw, err := hex.DecodeString(private)
	if err != nil {
		return ""
	}
	key, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(key.PublicKey().Bytes())
}
