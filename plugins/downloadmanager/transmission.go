package downloadmanager

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

const sessionHeader = "X-Transmission-Session-Id"

// transmissionDriver asks Transmission in its old dialect, or in that of 4.1 and
// later, whose words are in snake_case.
type transmissionDriver struct {
	c       *collector
	session string
	modern  bool
}

// What Transmission answers, as it is called since 4.1.
type (
	transmissionSession struct {
		Version   string `json:"version"`
		Semver    string `json:"rpc_version_semver"`
		Dir       string `json:"download_dir"`
		Alt       flag   `json:"alt_speed_enabled"`
		AltDown   number `json:"alt_speed_down"`
		AltUp     number `json:"alt_speed_up"`
		Limited   flag   `json:"speed_limit_down_enabled"`
		Limit     number `json:"speed_limit_down"`
		UpLimited flag   `json:"speed_limit_up_enabled"`
		UpLimit   number `json:"speed_limit_up"`
	}
	transmissionTorrent struct {
		Hash     string                `json:"hash_string"`
		Name     string                `json:"name"`
		Status   number                `json:"status"`
		Error    number                `json:"error"`
		Why      string                `json:"error_string"`
		Done     number                `json:"percent_done"`
		Down     number                `json:"rate_download"`
		Up       number                `json:"rate_upload"`
		Size     number                `json:"total_size"`
		Left     number                `json:"left_until_done"`
		ETA      number                `json:"eta"`
		Ratio    number                `json:"upload_ratio"`
		Stalled  flag                  `json:"is_stalled"`
		Added    number                `json:"added_date"`
		Finished number                `json:"done_date"`
		Active   number                `json:"activity_date"`
		Peers    number                `json:"peers_connected"`
		Labels   []string              `json:"labels"`
		Trackers []transmissionTracker `json:"trackers"`
	}
	transmissionTracker struct {
		Announce string `json:"announce"`
	}
	transmissionStats struct {
		Down  number `json:"download_speed"`
		Up    number `json:"upload_speed"`
		Total struct {
			Downloaded number `json:"downloaded_bytes"`
			Uploaded   number `json:"uploaded_bytes"`
		} `json:"cumulative_stats"`
	}
	transmissionSpace struct {
		Free number `json:"size_bytes"`
		Size number `json:"total_size"`
	}
)

func transmissionFields() []string {
	return []string{
		"hash_string", "name", "status", "error", "error_string", "percent_done", "rate_download", "rate_upload", "total_size", "left_until_done",
		"eta", "upload_ratio", "is_stalled", "added_date", "done_date", "activity_date", "peers_connected", "labels", "trackers",
	}
}

func (d *transmissionDriver) read(ctx context.Context, out *plugin.Batch) (*reading, error) {
	var session transmissionSession
	d.modern = false
	err := d.call(ctx, "session_get", nil, &session)
	if major, _ := strconv.Atoi(strings.SplitN(session.Semver, ".", 2)[0]); fault.Of(err) == fault.Unsupported || err == nil && major >= 6 {
		d.modern = true
		err = d.call(ctx, "session_get", nil, &session)
	}
	if err != nil {
		return nil, err
	}
	var stats transmissionStats
	if err := d.call(ctx, "session_stats", nil, &stats); err != nil {
		return nil, err
	}
	var list struct{ Torrents []transmissionTorrent }
	if err := d.call(ctx, "torrent_get", map[string]any{"fields": d.words(transmissionFields())}, &list); err != nil {
		return nil, err
	}
	version, _, _ := strings.Cut(session.Version, " ")
	r := &reading{
		version: shorten(version), down: stats.Down.ptr(), up: stats.Up.ptr(), downloaded: stats.Total.Downloaded.ptr(), uploaded: stats.Total.Uploaded.ptr(),
		alt: session.Alt.ptr(), trackers: make(map[string]float64),
	}
	r.limits(session)
	if r.downloaded != nil && r.uploaded != nil && *r.downloaded > 0 {
		ratio := *r.uploaded / *r.downloaded
		r.ratio = &ratio
	}
	peers := 0.0
	for _, t := range list.Torrents {
		peers += t.Peers.value
		r.items = append(r.items, t.item())
		if t.Error.value == 1 || t.Error.value == 2 {
			tracker := ""
			if len(t.Trackers) > 0 {
				tracker = t.Trackers[0].Announce
			}
			r.complain(hostOf(tracker))
		}
	}
	r.peers = &peers
	if session.Dir != "" {
		var space transmissionSpace
		switch err := d.call(ctx, "free_space", map[string]any{"path": session.Dir}, &space); {
		case err != nil:
			out.Problem(fault.Wrap(err, "asking for free space in %s", shorten(session.Dir)))
		default:
			r.disks = []disk{{Role: "download", Free: space.Free.notBelow(0), Size: space.Size.notBelow(1)}}
		}
	}
	return r, nil
}

// limits are in thousands of bytes, whatever the units that it shows to people.
func (r *reading) limits(s transmissionSession) {
	const kilo = 1000
	switch {
	case s.Alt.value:
		r.downLimit, r.upLimit = s.AltDown.times(kilo).notBelow(0), s.AltUp.times(kilo).notBelow(0)
		return
	case s.Limited.value:
		r.downLimit = s.Limit.times(kilo).notBelow(0)
	}
	if s.UpLimited.value {
		r.upLimit = s.UpLimit.times(kilo).notBelow(0)
	}
}

func (t transmissionTorrent) item() item {
	done := t.Left.known && t.Left.value == 0 && t.Done.value >= 1
	one := item{
		id: t.Hash, name: shorten(t.Name), size: t.Size.ptr(), remaining: t.Left.notBelow(0), progress: t.Done.ptr(), down: t.Down.ptr(), up: t.Up.ptr(), eta: eta(t.ETA),
		ratio: t.Ratio.notBelow(0), added: moment(t.Added), active: moment(t.Active), finished: moment(t.Finished), done: done, why: shorten(t.Why),
	}
	if len(t.Labels) > 0 {
		one.category = shorten(t.Labels[0])
	}
	const local = 3
	switch t.Status.value {
	case 0:
		one.state = paused
		if done {
			one.state = completed
		}
	case 1, 2:
		one.state = checking
	case 3, 5:
		one.state = queued
	case 4:
		one.state = downloading
		if t.Stalled.value || t.Down.value == 0 && t.Peers.value == 0 {
			one.state = stalled
		}
	default:
		one.state = seeding
	}
	if t.Error.value == local {
		one.state = failed
	}
	return one
}

// words are names as the dialect has them.
func (d *transmissionDriver) words(names []string) []string {
	if d.modern {
		return names
	}
	old := make([]string, 0, len(names))
	for _, name := range names {
		old = append(old, camel(name))
	}
	return old
}

func camel(snake string) string {
	parts := strings.Split(snake, "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}

// call asks one thing. A session is known by a header that Transmission gives
// with its first refusal.
func (d *transmissionDriver) call(ctx context.Context, method string, arguments map[string]any, into any) error {
	question := map[string]any{"jsonrpc": "2.0", "id": 1, "method": method}
	key := "params"
	if !d.modern {
		question, key = map[string]any{"method": strings.ReplaceAll(method, "_", "-")}, "arguments"
	}
	if arguments != nil {
		question[key] = arguments
	}
	var answer struct {
		Result    json.RawMessage
		Arguments json.RawMessage
		Error     *struct {
			Message string
			Data    struct {
				Words string `json:"error_string"`
			}
		}
	}
	r := fetch.Request{Method: http.MethodPost, Path: d.c.config.RPCPath, JSON: question, Header: http.Header{sessionHeader: {d.session}}}
	err := d.c.withBasic(ctx, "Transmission", r, &answer)
	if statusOf(err) == http.StatusConflict {
		if d.session = sessionOf(err); d.session != "" {
			r.Header = http.Header{sessionHeader: {d.session}}
			err = d.c.withBasic(ctx, "Transmission", r, &answer)
		}
	}
	if err != nil {
		return transmissionFault(err)
	}
	var words string
	at := d.c.basic.URL(d.c.config.RPCPath)
	switch {
	case answer.Error != nil:
		return fault.New(fault.BadAnswer, "POST %s: %s: %s", at, method, shorten(answer.Error.Message+" "+answer.Error.Data.Words))
	case d.modern && len(answer.Result) > 0:
		return badAnswer(json.Unmarshal(answer.Result, into), at, method)
	case d.modern, json.Unmarshal(answer.Result, &words) != nil:
		return fault.New(fault.WrongService, "POST %s: the answer is not Transmission's", at).WithHint("check address and rpc_path")
	case words == "method name not recognized", words == "no method name":
		return fault.New(fault.Unsupported, "POST %s: %s: %s", at, method, words)
	case words != "success":
		return fault.New(fault.BadAnswer, "POST %s: %s: %s", at, method, shorten(words))
	default:
		return badAnswer(json.Unmarshal(snaked(answer.Arguments), into), at, method)
	}
}

func badAnswer(err error, at, method string) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.BadAnswer, "POST %s: %s: the answer is not what was expected", at, method)
}
