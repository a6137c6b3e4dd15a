package downloadmanager

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// delugeDriver asks the web interface of Deluge, which asks a daemon.
type delugeDriver struct {
	c       *collector
	session cookies
	version string
}

type delugeTorrent struct {
	Name     string
	State    string
	Label    string
	Message  string
	Progress number
	Wanted   number `json:"total_wanted"`
	Left     number `json:"total_remaining"`
	Down     number `json:"download_payload_rate"`
	Up       number `json:"upload_payload_rate"`
	ETA      number
	Ratio    number
	Added    number `json:"time_added"`
	Finished number `json:"completed_time"`
	Done     flag   `json:"is_finished"`
	Idle     number `json:"time_since_transfer"`
	Tracker  string `json:"tracker_status"`
	Host     string `json:"tracker_host"`
}

func delugeFields() []string {
	return []string{
		"name", "state", "label", "message", "progress", "total_wanted", "total_remaining", "download_payload_rate", "upload_payload_rate", "eta", "ratio",
		"time_added", "completed_time", "is_finished", "time_since_transfer", "tracker_status", "tracker_host",
	}
}

type delugeUI struct {
	Connected flag
	Torrents  map[string]delugeTorrent
	Stats     struct {
		Down     number `json:"download_rate"`
		Up       number `json:"upload_rate"`
		Peers    number `json:"num_connections"`
		DHT      number `json:"dht_nodes"`
		Incoming flag   `json:"has_incoming_connections"`
		Free     number `json:"free_space"`
		MaxDown  number `json:"max_download"`
		MaxUp    number `json:"max_upload"`
	}
}

func (d *delugeDriver) read(ctx context.Context, _ *plugin.Batch) (*reading, error) {
	var ui delugeUI
	fields := []any{delugeFields(), map[string]any{}}
	if err := d.ask(ctx, "web.update_ui", fields, &ui); err != nil {
		return nil, err
	}
	if !ui.Connected.value {
		if err := d.connect(ctx); err != nil {
			return nil, err
		}
		if err := d.ask(ctx, "web.update_ui", fields, &ui); err != nil {
			return nil, err
		}
		if !ui.Connected.value {
			return nil, d.detached().WithHint("it was told to connect; see whether deluged runs")
		}
	}
	if d.version == "" {
		var version string
		if err := d.ask(ctx, "daemon.get_version", nil, &version); err == nil {
			d.version = shorten(version)
		} else if err := d.ask(ctx, "daemon.info", nil, &version); err == nil {
			d.version = shorten(version) // as 2.0 calls it
		}
	}
	const kibi = 1024
	r := &reading{
		version: d.version, down: ui.Stats.Down.ptr(), up: ui.Stats.Up.ptr(), peers: ui.Stats.Peers.ptr(), dht: ui.Stats.DHT.ptr(),
		downLimit: ui.Stats.MaxDown.times(kibi).notBelow(0), upLimit: ui.Stats.MaxUp.times(kibi).notBelow(0),
		connectable: ui.Stats.Incoming.ptr(), trackers: make(map[string]float64),
	}
	if free := ui.Stats.Free.notBelow(0); free != nil {
		r.disks = []disk{{Role: "download", Free: free}}
	}
	now := d.c.host.Now()
	for hash, t := range ui.Torrents {
		one := t.item(hash)
		if t.Idle.known && t.Idle.value >= 0 && t.Idle.value < float64(now.Unix()) {
			one.active = moment(number{float64(now.Unix()) - t.Idle.value, true})
		}
		r.items = append(r.items, one)
		if strings.HasPrefix(t.Tracker, "Error") {
			r.complain(hostOf(t.Host))
		}
	}
	return r, nil
}

func (t delugeTorrent) item(hash string) item {
	one := item{
		id: hash, name: shorten(t.Name), category: shorten(t.Label), size: t.Wanted.ptr(), remaining: t.Left.notBelow(0), progress: t.Progress.times(0.01).ptr(),
		down: t.Down.ptr(), up: t.Up.ptr(), eta: eta(t.ETA), ratio: t.Ratio.notBelow(0), added: moment(t.Added), finished: moment(t.Finished),
		done: t.Done.value || t.Progress.known && t.Progress.value >= 100,
	}
	switch t.State {
	case "Downloading":
		one.state = downloading
		if t.Down.value == 0 {
			one.state = stalled
		}
	case "Seeding":
		one.state = seeding
	case "Queued":
		one.state = queued
	case "Paused":
		one.state = paused
		if one.done {
			one.state = completed
		}
	case "Moving":
		one.state = moving
	case "Error":
		one.state, one.why = failed, shorten(t.Message)
	case "Allocating":
		one.state = downloading
	default:
		one.state = checking
	}
	if one.why == "" && strings.HasPrefix(t.Tracker, "Error") {
		one.why = "tracker: " + shorten(strings.TrimPrefix(t.Tracker, "Error: "))
	}
	return one
}

// connect has the web interface connect to its first daemon.
func (d *delugeDriver) connect(ctx context.Context) error {
	if !d.c.config.Connect {
		return d.detached().WithHint("connect it in its Connection Manager, or switch deluge_auto_connect on")
	}
	var hosts [][]any
	if err := d.ask(ctx, "web.get_hosts", nil, &hosts); err != nil {
		return err
	}
	if len(hosts) == 0 || len(hosts[0]) == 0 {
		return d.detached().WithHint("it knows none; add one in its Connection Manager")
	}
	if err := d.ask(ctx, "web.connect", []any{hosts[0][0]}, nil); err != nil {
		return fault.As(fault.Unreachable, err, "connecting the web interface of Deluge to its daemon").WithHint("see whether deluged runs")
	}
	return nil
}

func (d *delugeDriver) detached() *fault.Error {
	return fault.New(fault.Unreachable, "POST %s: the web interface of Deluge is connected to no daemon", d.c.plain.URL("/json"))
}

func delugeQuestion(method string, params ...any) fetch.Request {
	if params == nil {
		params = []any{}
	}
	return fetch.Request{Method: http.MethodPost, Path: "/json", JSON: map[string]any{"method": method, "params": params, "id": 1}}
}

// ask asks one thing, and logs in when the session is over.
func (d *delugeDriver) ask(ctx context.Context, method string, params []any, into any) error {
	const notAuthenticated = 1
	code, err := d.call(ctx, method, params, into)
	if code != notAuthenticated {
		return err
	}
	if err := d.logIn(ctx); err != nil {
		return err
	}
	_, err = d.call(ctx, method, params, into)
	return err
}

func (d *delugeDriver) call(ctx context.Context, method string, params []any, into any) (code int, err error) {
	r := delugeQuestion(method, params...)
	r.Header = d.session.header()
	r.Header.Set("Accept", "application/json")
	answer, err := d.c.plain.Do(ctx, r)
	if err != nil {
		if statusOf(err) == http.StatusNotFound || statusOf(err) == http.StatusMethodNotAllowed {
			err = fault.As(fault.WrongService, err, "what answers is not the web interface of Deluge").WithHint("check the address; it answers at 8112")
		}
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	var reply struct {
		Result json.RawMessage
		Error  *struct {
			Message string
			Code    number
		}
	}
	at := d.c.plain.URL("/json")
	if err := json.NewDecoder(answer.Body).Decode(&reply); err != nil {
		if fault.Of(err) != fault.Internal && fault.Of(err) != "" {
			return 0, err
		}
		return 0, badAnswer(err, at, method)
	}
	d.session.keep(answer.Header)
	switch {
	case reply.Error != nil:
		return int(min(max(reply.Error.Code.value, 0), 1000)), fault.New(fault.BadAnswer, "POST %s: %s: %s", at, method, shorten(reply.Error.Message))
	case into == nil:
		return 0, nil
	case reply.Result == nil:
		return 0, fault.New(fault.WrongService, "POST %s: the answer is not Deluge's", at).WithHint("check the address; its web interface answers at 8112")
	default:
		return 0, badAnswer(json.Unmarshal(reply.Result, into), at, method)
	}
}

func (d *delugeDriver) logIn(ctx context.Context) error {
	secret, err := d.c.password()
	if err != nil {
		return err
	}
	at := d.c.plain.URL("/json")
	if secret == "" {
		return fault.New(fault.Auth, "POST %s: the web interface of Deluge wants a password", at).WithHint("set password; there is no user")
	}
	now := d.c.host.Now()
	if err := d.c.login.shut(secret, now); err != nil {
		return err
	}
	var right flag
	if _, err := d.call(ctx, "auth.login", []any{secret}, &right); err != nil {
		return err
	}
	if !right.value {
		return d.c.login.refused(secret, now, fault.New(fault.Auth, "POST %s: the web interface of Deluge does not know the password", at).WithHint("check password; there is no user"))
	}
	return nil
}
