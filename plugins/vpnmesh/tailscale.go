package vpnmesh

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// localHost is the one name under which tailscaled answers at its socket.
const localHost = "local-tailscaled.sock"

// tailscaleStatus is what tailscaled tells of itself and its peers.
type tailscaleStatus struct {
	Version        string
	BackendState   string
	Health         []string
	MagicDNSSuffix string
	CurrentTailnet *struct{ Name string }
	ExitNodeStatus *struct{ Online bool }
	ClientVersion  *struct {
		RunningLatest bool
		LatestVersion string
	}
	Self *tailscalePeer
	Peer map[string]*tailscalePeer
	User map[string]struct{ LoginName string }
}

type tailscalePeer struct {
	ID, PublicKey, HostName, DNSName, OS string
	UserID, AltSharerUserID              json.Number
	TailscaleIPs, Tags, PrimaryRoutes    []string
	CurAddr, Relay, PeerRelay            string
	RxBytes, TxBytes                     float64
	LastSeen, LastHandshake              time.Time
	Online, Active, Expired              bool
	ExitNode, ExitNodeOption, ShareeNode bool
	KeyExpiry                            *time.Time
	Location                             *struct{}
}

// readTailscale asks the Tailscale of this machine.
func (c *collector) readTailscale(ctx context.Context, s *sight) error {
	var status tailscaleStatus
	err := c.tailscaled(ctx, &status, s)
	if away(err) {
		if _, missing := c.host.Commands.Find(tailscale); missing == nil {
			err = c.tailscaleStatus(ctx, &status)
		} else {
			hint := "tailscaled is not running, or its socket is elsewhere: systemctl start tailscaled; a container needs /var/run/tailscale mounted"
			if fault.Of(err) == fault.Permission {
				hint = "the user that runs Unity may not open the socket, which is open to all users of the machine as Tailscale makes it"
			}
			err = fault.As(fault.Of(err), err, "").WithHint("%s", hint)
		}
	}
	if err != nil {
		return err
	}
	if status.BackendState == "" {
		return fault.New(fault.WrongService, "asking tailscaled at %s: the answer has no state, so it is not Tailscale that answers", c.config.Socket)
	}
	status.tell(s)
	return nil
}

// away reports whether the socket is not there, or is only for others.
func away(err error) bool {
	return errors.Is(err, syscall.ENOENT) || fault.Of(err) == fault.Refused || fault.Of(err) == fault.Permission
}

// tailscaled asks at the socket.
func (c *collector) tailscaled(ctx context.Context, status *tailscaleStatus, s *sight) error {
	if c.client == nil {
		at := fetch.Config{URL: "unix://" + c.config.Socket, Timeout: c.config.Timeout, Headers: map[string]plugin.Secret{"Host": localHost}}
		client, err := fetch.New(at, c.host)
		if err != nil {
			return err
		}
		c.client = client
	}
	if err := c.client.GetJSON(ctx, "/localapi/v0/status", status); err != nil {
		return err
	}
	reply, err := c.client.Do(ctx, fetch.Request{Path: "/localapi/v0/usermetrics"})
	switch {
	case fault.Of(err) == fault.NotFound: // before 1.78
		return nil
	case err != nil:
		s.problems = append(s.problems, err)
		return nil
	}
	defer drain(reply.Body)
	told, err := exposition.Read(reply.Body, func(name string) bool { return strings.HasPrefix(name, "tailscaled_") })
	if err != nil {
		s.problems = append(s.problems, fault.Wrap(err, "GET %s", c.client.URL("/localapi/v0/usermetrics")))
		return nil
	}
	s.takeFigures(told)
	return nil
}

// tailscaleStatus asks the program, which finds its daemon on every platform.
func (c *collector) tailscaleStatus(ctx context.Context, status *tailscaleStatus) error {
	run := plugin.Command{Name: tailscale, Args: []string{"status", "--json"}}
	if c.config.Socket != defaultSocket {
		run.Args = append([]string{"--socket", c.config.Socket}, run.Args...)
	}
	text, err := c.run(ctx, run)
	if err != nil {
		if strings.Contains(err.Error(), "not appear to be running") || strings.Contains(err.Error(), "doesn't appear to be running") {
			return fault.As(fault.Unreachable, err, "").WithHint("tailscaled is not running: systemctl start tailscaled")
		}
		return err
	}
	if err := json.Unmarshal(text, status); err != nil {
		return fault.New(fault.BadAnswer, "reading tailscale status --json: %v", err)
	}
	return nil
}

// run runs a program within the timeout and wants it to succeed.
func (c *collector) run(ctx context.Context, run plugin.Command) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout.Std())
	defer cancel()
	output, err := c.host.Commands.Run(ctx, run)
	if err != nil {
		return nil, err
	}
	return output.Stdout, command.Check(run, output)
}

// takeFigures takes what is counted under the names that Tailscale gives it.
func (s *sight) takeFigures(told exposition.Families) {
	for _, d := range tailscaleMetrics() {
		if len(d.Labels) == 0 {
			if value := told.Sum(d.Name); value != nil {
				s.figures = append(s.figures, figure{name: d.Name, value: *value})
			}
			continue
		}
		const most = 20 // there are five paths, and a few reasons
		by := told.By(d.Name, d.Labels[0])
		for value, sum := range by {
			if len(by) <= most && len(value) <= 60 {
				s.figures = append(s.figures, figure{name: d.Name, labels: []string{d.Labels[0], value}, value: sum})
			}
		}
	}
	offered, approved := told.Sum("tailscaled_advertised_routes"), told.Sum("tailscaled_approved_routes")
	if offered != nil && approved != nil {
		s.routes = &routeCount{*offered, *approved, max(*offered-*approved, 0)}
	}
}

// tell brings what tailscaled says under the words of all.
func (t *tailscaleStatus) tell(s *sight) {
	s.state, s.network, s.version = stateWord(t.BackendState), t.MagicDNSSuffix, t.Version
	if t.CurrentTailnet != nil && t.CurrentTailnet.Name != "" {
		s.network = t.CurrentTailnet.Name
	}
	running := t.BackendState == "Running"
	s.connected = &running
	s.warnings = append(s.warnings, t.Health...)
	if t.ExitNodeStatus != nil {
		s.exitNode = &t.ExitNodeStatus.Online
	}
	if t.ClientVersion != nil && (t.ClientVersion.RunningLatest || t.ClientVersion.LatestVersion != "") {
		newer := !t.ClientVersion.RunningLatest
		s.update, s.latest = &newer, t.ClientVersion.LatestVersion
	}
	if t.Self != nil {
		s.self = t.peer("self", t.Self)
		if running {
			s.serves("control", t.Self.Online, "", "")
		}
	}
	for key, one := range t.Peer {
		// As Tailscale's own list, without machines that are there only because they
		// were given access to one of ours, and without the exit nodes of a provider.
		if one != nil && !one.ShareeNode && (one.Location == nil || one.ExitNode) {
			s.peers = append(s.peers, t.peer(key, one))
		}
	}
}

func (t *tailscaleStatus) peer(key string, one *tailscalePeer) *peer {
	p := &peer{
		id: one.ID, fqdn: one.DNSName, ips: one.TailscaleIPs, os: one.OS, tags: one.Tags, routes: one.PrimaryRoutes,
		user: t.User[one.UserID.String()].LoginName, exitNode: one.ExitNode, shared: one.AltSharerUserID != "" && one.AltSharerUserID != "0",
		online: &one.Online, received: amount(one.RxBytes), sent: amount(one.TxBytes), seen: known(one.LastSeen), handshake: known(one.LastHandshake),
		expired: one.Expired,
	}
	if p.id == "" {
		p.id = key
	}
	if one.DNSName == "" {
		p.name = one.HostName
	}
	if one.KeyExpiry != nil {
		p.keyEnds = known(*one.KeyExpiry)
	}
	switch {
	case !one.Active:
		p.path = pathIdle
	case one.CurAddr != "" && one.PeerRelay == "":
		p.path, p.through = pathDirect, one.CurAddr
	case one.PeerRelay != "":
		p.path, p.through = pathRelay, one.PeerRelay
	case one.Relay != "":
		p.path, p.through = pathRelay, "DERP "+one.Relay
	}
	return p
}
