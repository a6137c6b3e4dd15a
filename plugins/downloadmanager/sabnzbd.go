package downloadmanager

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// sabnzbdDriver asks SABnzbd, which writes nearly every number as a text.
type sabnzbdDriver struct{ c *collector }

type sabnzbdQueue struct {
	Version   string
	Status    string
	Paused    flag
	Speed     number `json:"kbpersec"`
	Left      number `json:"mbleft"`
	Free      number `json:"diskspace1"`
	Size      number `json:"diskspacetotal1"`
	DoneFree  number `json:"diskspace2"`
	DoneSize  number `json:"diskspacetotal2"`
	Limit     number `json:"speedlimit_abs"`
	HaveQuota flag   `json:"have_quota"`
	LeftQuota string `json:"left_quota"`
	Warnings  number `json:"have_warnings"`
	Slots     []struct {
		ID       string `json:"nzo_id"`
		Name     string `json:"filename"`
		Status   string
		Category string `json:"cat"`
		Size     number `json:"mb"`
		Left     number `json:"mbleft"`
		Percent  number `json:"percentage"`
		Time     string `json:"timeleft"`
		Added    number `json:"time_added"`
	}
}

type sabnzbdHistory struct {
	Slots []struct {
		ID        string `json:"nzo_id"`
		Name      string
		Status    string
		Fail      string `json:"fail_message"`
		Category  string
		Size      number `json:"bytes"`
		Completed number
	}
}

type sabnzbdStats struct {
	Total   number
	Servers map[string]struct{ Total number }
}

type sabnzbdStatus struct {
	Servers []struct {
		Name   string `json:"servername"`
		Active flag   `json:"serveractive"`
	}
}

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

func (d *sabnzbdDriver) read(ctx context.Context, out *plugin.Batch) (*reading, error) {
	var queue struct{ Queue *sabnzbdQueue }
	if err := d.ask(ctx, url.Values{"mode": {"queue"}, "limit": {"1000"}}, &queue); err != nil {
		return nil, err
	}
	q := queue.Queue
	if q == nil {
		return nil, fault.New(fault.WrongService, "GET %s: the answer is not SABnzbd's", d.c.plain.URL("/api")).WithHint("check the address; with a base such as /sabnzbd it belongs to it")
	}
	r := &reading{
		usenet: true, version: shorten(q.Version), down: q.Speed.times(1024).notBelow(0), paused: q.Paused.ptr(), remaining: q.Left.times(mebi).notBelow(0),
		downLimit: q.Limit.notBelow(1), warnings: q.Warnings.notBelow(0),
		disks: []disk{
			{Role: "download", Free: q.Free.times(gibi).notBelow(0), Size: q.Size.times(gibi).notBelow(1)},
			{Role: "complete", Free: q.DoneFree.times(gibi).notBelow(0), Size: q.DoneSize.times(gibi).notBelow(1)},
		},
	}
	if left, ok := size(q.LeftQuota); ok && q.HaveQuota.value {
		r.quota = &left
	}
	for _, s := range q.Slots {
		one := item{
			id: s.ID, name: shorten(s.Name), state: sabnzbdState(s.Status), category: sabnzbdCategory(s.Category), size: s.Size.times(mebi).ptr(),
			remaining: s.Left.times(mebi).notBelow(0), progress: s.Percent.times(0.01).ptr(), added: moment(s.Added),
		}
		if seconds, ok := timeLeft(s.Time); ok && one.state == downloading {
			one.eta, one.down = &seconds, r.down
		}
		r.items = append(r.items, one)
	}
	d.readRest(ctx, r, out)
	return r, nil
}

// readRest asks for what is good to have.
func (d *sabnzbdDriver) readRest(ctx context.Context, r *reading, out *plugin.Batch) {
	var history struct{ History sabnzbdHistory }
	out.Problem(d.ask(ctx, url.Values{"mode": {"history"}, "limit": {"100"}}, &history))
	post := 0.0
	for _, s := range history.History.Slots {
		one := item{
			id: s.ID, name: shorten(s.Name), category: sabnzbdCategory(s.Category), size: s.Size.ptr(), finished: moment(s.Completed), past: true,
			state: postProcessing, why: shorten(s.Fail),
		}
		switch s.Status {
		case "Completed":
			one.state, one.done = completed, true
		case "Failed":
			one.state, one.done = failed, true
		default:
			one.past = false
			post++
		}
		r.items = append(r.items, one)
	}
	r.postQueue = &post
	var stats sabnzbdStats
	if err := d.ask(ctx, url.Values{"mode": {"server_stats"}}, &stats); err != nil {
		out.Problem(err)
	}
	r.downloaded = stats.Total.notBelow(0)
	var status struct{ Status sabnzbdStatus }
	if err := d.ask(ctx, url.Values{"mode": {"status"}, "skip_dashboard": {"1"}}, &status); err != nil {
		out.Problem(err)
	}
	for _, s := range status.Status.Servers {
		r.servers = append(r.servers, server{Name: shorten(s.Name), Active: s.Active.ptr(), Downloaded: stats.Servers[s.Name].Total.notBelow(0)})
	}
}

func sabnzbdState(status string) string {
	switch status {
	case "Paused":
		return paused
	case "Checking", "QuickCheck", "Verifying":
		return checking
	case "Queued", "Propagating", "Idle":
		return queued
	case "Repairing", "Extracting", "Running":
		return postProcessing
	case "Moving":
		return moving
	default: // Downloading, Fetching, Grabbing
		return downloading
	}
}

func sabnzbdCategory(name string) string {
	if name == "*" || name == "None" {
		return ""
	}
	return shorten(name)
}

// timeLeft reads H:MM:SS and D:HH:MM:SS.
func timeLeft(text string) (seconds float64, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return 0, false
	}
	bases := []float64{24, 60, 60}[4-len(parts):]
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 100_000 {
			return 0, false
		}
		if i > 0 {
			seconds *= bases[i-1]
		}
		seconds += float64(n)
	}
	return seconds, seconds > 0
}

// ask asks for one thing. The key goes into the query, which no message shows.
func (d *sabnzbdDriver) ask(ctx context.Context, query url.Values, into any) error {
	key, err := d.c.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	if err := d.c.login.shut(key, d.c.host.Now()); err != nil {
		return err
	}
	query.Set("output", "json")
	query.Set("apikey", key)
	var raw json.RawMessage
	err = d.c.plain.JSON(ctx, fetch.Request{Path: "/api", Query: query}, &raw)
	var refusal struct{ Error string }
	said := bodyOf(err)
	if err == nil && json.Unmarshal(raw, &refusal) == nil {
		said = refusal.Error
	}
	at := "GET " + d.c.plain.URL("/api") + ": " + query.Get("mode")
	switch {
	case strings.Contains(said, "API Key Required"), strings.Contains(said, "API Key Incorrect"), strings.Contains(said, "API key"):
		if key == "" {
			return fault.New(fault.Auth, "%s: SABnzbd wants an API key", at).WithHint("set token to the API key of Config, General; not the NZB key")
		}
		return d.c.login.refused(key, d.c.host.Now(), fault.New(fault.Auth, "%s: SABnzbd does not know the API key", at).
			WithHint("check token: the API key of Config, General; the NZB key is not enough"))
	case strings.Contains(strings.ToLower(said), "hostname verification"):
		return fault.New(fault.Config, "%s: SABnzbd does not answer to this name", at).WithHint("use its IP address, or add the name to host_whitelist in Config, Special")
	case statusOf(err) == http.StatusNotFound:
		return fault.As(fault.WrongService, err, "what answers is not SABnzbd").WithHint("check the address; with a base such as /sabnzbd it belongs to it")
	case err != nil:
		return err
	case said != "":
		return fault.New(fault.BadAnswer, "%s: %s", at, shorten(said))
	}
	if json.Unmarshal(raw, into) != nil {
		return fault.New(fault.BadAnswer, "%s: the answer is not what was expected", at)
	}
	return nil
}
