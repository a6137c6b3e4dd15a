package downloadmanager

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// qbittorrentDriver asks qBittorrent for what changed since it was asked before.
type qbittorrentDriver struct {
	c        *collector
	session  cookies
	rid      int64
	version  string
	state    qbittorrentState
	torrents map[string]*qbittorrentTorrent
}

type qbittorrentState struct {
	Down       number `json:"dl_info_speed"`
	Up         number `json:"up_info_speed"`
	Downloaded number `json:"alltime_dl"` //nolint:misspell // its name
	Uploaded   number `json:"alltime_ul"` //nolint:misspell // its name
	DownLimit  number `json:"dl_rate_limit"`
	UpLimit    number `json:"up_rate_limit"`
	Alt        flag   `json:"use_alt_speed_limits"`
	Connection string `json:"connection_status"`
	DHT        number `json:"dht_nodes"`
	Peers      number `json:"total_peer_connections"`
	Free       number `json:"free_space_on_disk"`
	Ratio      number `json:"global_ratio"`
}

type qbittorrentTorrent struct {
	Name         string
	State        string
	Category     string
	Tracker      string
	Progress     number
	Size         number
	Left         number `json:"amount_left"`
	Down         number `json:"dlspeed"`
	Up           number `json:"upspeed"`
	ETA          number
	Ratio        number
	Added        number `json:"added_on"`
	Active       number `json:"last_activity"`
	Finished     number `json:"completion_on"`
	TrackerError flag   `json:"has_tracker_error"`
}

// qbittorrentChange is an answer: all, or what changed. What is not in it stays as
// it was, in each torrent as well.
type qbittorrentChange struct {
	RID      number                     `json:"rid"`
	Full     bool                       `json:"full_update"`
	State    json.RawMessage            `json:"server_state"`
	Torrents map[string]json.RawMessage `json:"torrents"`
	Removed  []string                   `json:"torrents_removed"`
}

func (d *qbittorrentDriver) read(ctx context.Context, _ *plugin.Batch) (*reading, error) {
	var change qbittorrentChange
	if err := d.ask(ctx, "/api/v2/sync/maindata", &change); err != nil {
		d.rid = 0
		return nil, err
	}
	if err := d.take(change); err != nil {
		d.rid = 0
		return nil, err
	}
	if d.version == "" || change.Full {
		var version string
		if err := d.ask(ctx, "/api/v2/app/version", &version); err != nil {
			return nil, err
		}
		d.version = shorten(strings.TrimPrefix(version, "v"))
	}
	return d.reading(), nil
}

// take puts a change into what is known.
func (d *qbittorrentDriver) take(change qbittorrentChange) error {
	odd := fault.New(fault.BadAnswer, "GET /api/v2/sync/maindata: the answer is not what was expected")
	if !change.Full && (d.rid == 0 || d.torrents == nil) {
		return odd
	}
	if change.Full {
		d.torrents, d.state = make(map[string]*qbittorrentTorrent, len(change.Torrents)), qbittorrentState{}
	}
	if len(change.State) > 0 && json.Unmarshal(change.State, &d.state) != nil {
		return odd
	}
	for hash, raw := range change.Torrents {
		t := d.torrents[hash]
		if t == nil {
			t = new(qbittorrentTorrent)
			d.torrents[hash] = t
		}
		if json.Unmarshal(raw, t) != nil {
			return odd
		}
	}
	for _, hash := range change.Removed {
		delete(d.torrents, hash)
	}
	d.rid = int64(min(max(change.RID.value, 0), 1<<31))
	return nil
}

func (d *qbittorrentDriver) reading() *reading {
	r := &reading{
		version: d.version, down: d.state.Down.ptr(), up: d.state.Up.ptr(), downloaded: d.state.Downloaded.ptr(), uploaded: d.state.Uploaded.ptr(),
		downLimit: d.state.DownLimit.notBelow(1), upLimit: d.state.UpLimit.notBelow(1), ratio: d.state.Ratio.notBelow(0),
		peers: d.state.Peers.ptr(), dht: d.state.DHT.ptr(), alt: d.state.Alt.ptr(),
	}
	if d.state.Connection != "" {
		connected := d.state.Connection == "connected"
		r.connectable = &connected
	}
	if free := d.state.Free.notBelow(0); free != nil {
		r.disks = []disk{{Role: "download", Free: free}}
	}
	words := qbittorrentStates()
	r.items = make([]item, 0, len(d.torrents))
	for hash, t := range d.torrents {
		state := words[t.State]
		done := t.Progress.known && t.Progress.value >= 1
		if state == paused && done {
			state = completed
		}
		if state == "" {
			state = checking // a word of a version to come, for something that it does meanwhile
		}
		if t.TrackerError.known {
			if r.trackers == nil {
				r.trackers = make(map[string]float64)
			}
			if t.TrackerError.value {
				r.complain(hostOf(t.Tracker))
			}
		}
		one := item{
			id: hash, name: shorten(t.Name), state: state, category: shorten(t.Category), size: t.Size.ptr(), remaining: t.Left.notBelow(0), progress: t.Progress.ptr(),
			down: t.Down.ptr(), up: t.Up.ptr(), eta: eta(t.ETA), ratio: t.Ratio.notBelow(0), added: moment(t.Added), active: moment(t.Active), done: done, finished: moment(t.Finished),
		}
		if t.State == "missingFiles" {
			one.why = "its files are missing"
		}
		r.items = append(r.items, one)
	}
	return r
}

// qbittorrentStates are its words, those of version 5 too.
func qbittorrentStates() map[string]string {
	return map[string]string{
		"downloading": downloading, "forcedDL": downloading, "metaDL": downloading, "forcedMetaDL": downloading, "allocating": downloading,
		"stalledDL": stalled, "uploading": seeding, "forcedUP": seeding, "stalledUP": seeding, "queuedDL": queued, "queuedUP": queued,
		"pausedDL": paused, "pausedUP": paused, "stoppedDL": paused, "stoppedUP": paused,
		"checkingDL": checking, "checkingUP": checking, "checkingResumeData": checking, "moving": moving, "error": failed, "missingFiles": failed,
	}
}

// ask asks with the session that there is, or without one where qBittorrent lets
// this address in; it logs in when that is refused.
func (d *qbittorrentDriver) ask(ctx context.Context, path string, into any) error {
	err := d.askOnce(ctx, path, into)
	if status := statusOf(err); status != http.StatusForbidden && status != http.StatusUnauthorized {
		return err
	}
	token, revealed := d.c.config.Token.Reveal()
	if revealed != nil {
		return fault.Wrap(revealed, "reading the token")
	}
	switch {
	case token != "":
		err = fault.As(fault.Auth, err, "qBittorrent does not know the API key").WithHint("check the token; qBittorrent has API keys since 5.2, before it wants user and password")
		return d.c.login.refused(token, d.c.host.Now(), err)
	case d.c.config.Username == "" && d.c.config.Password.Empty():
		return fault.As(fault.Auth, err, "qBittorrent wants a login").
			WithHint("set user and password of its web interface, or let this address in without: Options, Web UI, Bypass authentication for clients in whitelisted IP subnets")
	}
	if err := d.logIn(ctx); err != nil {
		return err
	}
	return d.askOnce(ctx, path, into)
}

func (d *qbittorrentDriver) askOnce(ctx context.Context, path string, into any) error {
	r := fetch.Request{Path: path, Header: d.session.header()}
	if strings.HasSuffix(path, "maindata") {
		r.Query = url.Values{"rid": {strconv.FormatInt(d.rid, 10)}}
	}
	token, err := d.c.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	if token != "" {
		if err := d.c.login.shut(token, d.c.host.Now()); err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	text, plain := into.(*string)
	if !plain {
		return d.c.plain.JSON(ctx, r, into)
	}
	answer, err := d.c.plain.Do(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 100))
	*text = string(body)
	return err
}

// logIn makes a session. The address is banned after a few wrong logins, so that
// one that was refused is not tried again soon.
func (d *qbittorrentDriver) logIn(ctx context.Context) error {
	secret, err := d.c.password()
	if err != nil {
		return err
	}
	now := d.c.host.Now()
	if err := d.c.login.shut(secret, now); err != nil {
		return err
	}
	const path = "/api/v2/auth/login"
	d.rid = 0
	answer, err := d.c.plain.Do(ctx, fetch.Request{
		Method: http.MethodPost, Path: path, Body: []byte(url.Values{"username": {d.c.config.Username}, "password": {secret}}.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Referer": {d.c.plain.URL("")}},
	})
	wrong := fault.New(fault.Auth, "POST %s: qBittorrent does not know the user, or the password is another", d.c.plain.URL(path)).
		WithHint("check user and password; if they are right, the address has a name that qBittorrent does not answer to (Options, Web UI, Server domains)")
	switch status := statusOf(err); {
	case status == http.StatusUnauthorized:
		return d.c.login.refused(secret, now, wrong)
	case status == http.StatusForbidden:
		banned := fault.New(fault.RateLimited, "POST %s: this address is banned for too many wrong logins", d.c.plain.URL(path)).
			WithHint("wait for an hour or restart qBittorrent, and check user and password before")
		return d.c.login.refused(secret, now, banned)
	case err != nil:
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 100))
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(body)) == "Fails." {
		return d.c.login.refused(secret, now, wrong)
	}
	d.session.keep(answer.Header)
	return nil
}

// cookies are what a session is known by, whatever they are called.
type cookies map[string]string

// keep takes the cookies of an answer up.
func (c *cookies) keep(header http.Header) {
	if *c == nil {
		*c = make(cookies)
	}
	for _, one := range (&http.Response{Header: header}).Cookies() {
		if len(*c) < 20 {
			(*c)[one.Name] = one.Value
		}
	}
}

// header has the cookies in it.
func (c cookies) header() http.Header {
	header := make(http.Header)
	request := &http.Request{Header: header}
	for name, value := range c {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return header
}
