package vpn

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// staleAfter is when a status file counts as left behind: OpenVPN writes it every
// minute.
const staleAfter = 5 * time.Minute

// tunnel is what one run learned of OpenVPN.
type tunnel struct {
	status
	state          string // connected
	since          time.Time
	local          string // address of the tunnel
	received, sent *float64
	count          *float64
	age            *float64
}

// states are the words of the command state, in small letters.
func states() []string {
	return []string{
		"connecting", "resolve", "tcp_connect", "wait", "auth", "auth_pending", "get_config", "assign_ip", "add_routes", "connected",
		"reconnecting", "exiting",
	}
}

// collectOpenVPN measures one OpenVPN.
func (c *collector) collectOpenVPN(ctx context.Context, out *plugin.Batch) error {
	ctx, cancel := c.deadline(ctx)
	defer cancel()
	read := c.readManagement
	if c.config.Management == "" {
		read = c.readStatusFile
	}
	t, err := read(ctx)
	if err != nil {
		return err
	}
	c.emitOpenVPN(t, out)
	out.Problem(c.tellClients(t, out))
	out.SetSnapshot(openvpnDocument(t, c.host.Now()))
	return nil
}

// readManagement asks the management interface.
func (c *collector) readManagement(ctx context.Context) (*tunnel, error) {
	m, err := c.talk(ctx)
	if err != nil {
		return nil, err
	}
	defer m.end()
	lines, err := m.ask("status 3")
	if err != nil {
		return nil, err
	}
	read, err := parseStatus(lines)
	if err != nil {
		return nil, fault.Wrap(err, "asking OpenVPN at %s for status", m.address)
	}
	t := &tunnel{status: *read}
	t.received, t.sent = read.received, read.sent
	if lines, err = m.ask("version"); err != nil {
		return nil, err
	}
	for _, line := range lines {
		if version, found := strings.CutPrefix(line, "OpenVPN Version:"); found {
			t.version = versionIn(version)
		}
	}
	if lines, err = m.ask("state"); err != nil {
		return nil, err
	}
	t.setState(lines)
	if lines, err = m.ask("load-stats"); err != nil {
		return nil, err
	}
	t.setLoad(strings.Join(lines, ","))
	return t, nil
}

// setState reads "unix,STATE,detail,local address,…"; the latest stands last.
func (t *tunnel) setState(lines []string) {
	for _, line := range lines {
		fields := strings.Split(line, ",")
		if len(fields) < 2 {
			continue
		}
		t.state = strings.ToLower(fields[1])
		t.since, _ = unixTime(fields[0])
		if len(fields) > 3 {
			t.local = fields[3]
		}
	}
}

// setLoad reads "nclients=1,bytesin=1624,bytesout=1678". Of a server these are
// its figures; a client tells better ones in its statistics.
func (t *tunnel) setLoad(line string) {
	for word := range strings.SplitSeq(line, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil {
			continue
		}
		figure := float64(n)
		switch {
		case name == "nclients" && !t.client:
			t.count = &figure
		case name == "bytesin" && t.received == nil:
			t.received = &figure
		case name == "bytesout" && t.sent == nil:
			t.sent = &figure
		}
	}
}

// readStatusFile reads what OpenVPN wrote last.
func (c *collector) readStatusFile(ctx context.Context) (*tunnel, error) {
	name := c.config.StatusFile
	lines, modified, err := c.wholeFile(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.As(fault.NotFound, fault.Reword(err, "no such file"), "reading %s", name).
			WithHint("write status %s into OpenVPN's configuration, and see whether OpenVPN runs", name)
	case errors.Is(err, fs.ErrPermission):
		return nil, fault.As(fault.Permission, fault.Reword(err, "permission denied"), "reading %s", name).
			WithHint("OpenVPN writes it for root only; let the group of the user that runs Unity read the folder and the file, or use the management interface")
	case err != nil:
		return nil, fault.Wrap(err, "reading %s", name)
	}
	read, err := parseStatus(lines)
	if err == nil && !whole(lines) {
		err = fault.New(fault.BadAnswer, "the status ends too early")
	}
	if err != nil {
		return nil, fault.Wrap(err, "reading %s", name)
	}
	if read.written.IsZero() {
		read.written = modified
	}
	t := &tunnel{status: *read}
	t.received, t.sent = read.received, read.sent
	old := age(c.host.Now(), read.written)
	if old > staleAfter.Seconds() {
		return nil, fault.New(fault.Unreachable, "reading %s: it was written %v ago", name, time.Duration(old*float64(time.Second)).Round(time.Second)).
			WithHint("OpenVPN writes it every minute while it runs; see whether it does")
	}
	t.age = &old
	if !read.client {
		count := float64(len(read.clients))
		t.count = &count
	}
	return t, nil
}

// OpenVPN empties its status file before it writes it anew, which takes an
// instant: one that is not whole is read again.
const (
	readings     = 3
	betweenThese = 30 * time.Millisecond
)

// wholeFile returns the lines of the status file, as whole as they get.
func (c *collector) wholeFile(ctx context.Context, name string) (lines []string, modified time.Time, err error) {
	for i := range readings {
		if i > 0 {
			wait := time.NewTimer(betweenThese)
			select {
			case <-wait.C:
			case <-ctx.Done():
				wait.Stop()
				return nil, modified, ctx.Err()
			}
		}
		info, err := c.host.Files.Stat(name)
		if err != nil {
			return nil, modified, err
		}
		text, err := c.host.Files.ReadFile(name)
		if err != nil {
			return nil, modified, err
		}
		modified = info.ModTime()
		if lines = strings.Split(strings.ReplaceAll(string(text), "\r", ""), "\n"); whole(lines) {
			break
		}
	}
	return lines, modified, nil
}

// whole reports whether a status is there to its end.
func whole(lines []string) bool {
	return slices.ContainsFunc(lines[max(len(lines)-2, 0):], func(line string) bool { return line == "END" })
}

func (c *collector) emitOpenVPN(t *tunnel, out *plugin.Batch) {
	var labels []string
	if t.version != "" {
		labels = append(labels, "version", t.version)
	}
	if t.dco != "" {
		labels = append(labels, "dco", t.dco)
	}
	out.Add("openvpn_info", 1, labels...)
	if t.state != "" {
		out.AddState("openvpn_state", t.state, states())
	}
	emit(out, "openvpn_clients", t.count)
	emit(out, "openvpn_receive_bytes_total", t.received)
	emit(out, "openvpn_transmit_bytes_total", t.sent)
	emit(out, "openvpn_status_age_seconds", t.age)
	if !t.client {
		out.Add("openvpn_routes", float64(len(t.routes)))
	}
	if !c.config.PerUser {
		return
	}
	for _, one := range t.summed() {
		who := []string{"common_name", one.name}
		if one.username != "" {
			who = append(who, "username", one.username)
		}
		if one.known {
			out.Add("openvpn_client_receive_bytes_total", one.received, who...)
			out.Add("openvpn_client_transmit_bytes_total", one.sent, who...)
		}
		if one.hasSince {
			out.Add("openvpn_client_connected_since_timestamp_seconds", float64(one.since.Unix()), who...)
		}
	}
}

func emit(out *plugin.Batch, name string, value *float64, labels ...string) {
	if value != nil {
		out.Add(name, *value, labels...)
	}
}
