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

// nzbgetDriver asks NZBGet, which writes large numbers in two halves.
type nzbgetDriver struct {
	c       *collector
	version string
}

// halves are the two halves of a number.
type halves struct{ low, high number }

// whole puts the halves together; both full means that the number is not known.
func (h halves) whole() number {
	const half = 1 << 32
	if !h.low.known || !h.high.known || h.low.value == half-1 && h.high.value == half-1 {
		return number{}
	}
	return number{h.high.value*half + h.low.value, true}
}

type nzbgetStatus struct {
	RemainingLow  number `json:"RemainingSizeLo"`
	RemainingHigh number `json:"RemainingSizeHi"`
	FreeLow       number `json:"FreeDiskSpaceLo"`
	FreeHigh      number `json:"FreeDiskSpaceHi"`
	SizeLow       number `json:"TotalDiskSpaceLo"`
	SizeHigh      number `json:"TotalDiskSpaceHi"`
	RateLow       number `json:"DownloadRateLo"`
	RateHigh      number `json:"DownloadRateHi"`
	Rate          number `json:"DownloadRate"`
	Limit         number `json:"DownloadLimit"`
	Paused        flag   `json:"DownloadPaused"`
	PostJobs      number `json:"PostJobCount"`
	Servers       []struct {
		ID     number
		Active flag
	} `json:"NewsServers"`
}

type nzbgetGroup struct {
	ID        number `json:"NZBID"`
	Name      string `json:"NZBName"`
	Status    string
	Category  string
	SizeLow   number `json:"FileSizeLo"`
	SizeHigh  number `json:"FileSizeHi"`
	LeftLow   number `json:"RemainingSizeLo"`
	LeftHigh  number `json:"RemainingSizeHi"`
	Finished  number `json:"HistoryTime"`
	MinPosted number `json:"MinPostTime"`
}

type nzbgetVolume struct {
	Server number `json:"ServerID"`
	Low    number `json:"TotalSizeLo"`
	High   number `json:"TotalSizeHi"`
}

func (d *nzbgetDriver) read(ctx context.Context, out *plugin.Batch) (*reading, error) {
	var status nzbgetStatus
	if err := d.ask(ctx, "status", nil, &status); err != nil {
		return nil, err
	}
	if d.version == "" {
		var version string
		out.Problem(d.ask(ctx, "version", nil, &version))
		d.version = shorten(version)
	}
	rate := halves{status.RateLow, status.RateHigh}.whole()
	if !rate.known {
		rate = status.Rate
	}
	r := &reading{
		usenet: true, version: d.version, down: rate.notBelow(0), downLimit: status.Limit.notBelow(1), paused: status.Paused.ptr(), postQueue: status.PostJobs.notBelow(0),
		remaining: halves{status.RemainingLow, status.RemainingHigh}.whole().notBelow(0),
	}
	if free := (halves{status.FreeLow, status.FreeHigh}.whole()); free.known {
		r.disks = []disk{{Role: "download", Free: free.notBelow(0), Size: halves{status.SizeLow, status.SizeHigh}.whole().notBelow(1)}}
	}
	var queue, history []nzbgetGroup
	if err := d.ask(ctx, "listgroups", []any{0}, &queue); err != nil {
		return nil, err
	}
	for _, g := range queue {
		r.items = append(r.items, g.item(nzbgetState(g.Status), false))
	}
	out.Problem(d.ask(ctx, "history", []any{false}, &history))
	for _, g := range history {
		switch result, why, _ := strings.Cut(g.Status, "/"); result {
		case "SUCCESS", "WARNING":
			r.items = append(r.items, g.item(completed, true))
		case "FAILURE":
			one := g.item(failed, true)
			one.why = strings.ToLower(shorten(why))
			r.items = append(r.items, one)
		}
	}
	var volumes []nzbgetVolume
	out.Problem(d.ask(ctx, "servervolumes", nil, &volumes))
	totals := make(map[float64]*float64)
	for _, v := range volumes {
		if v.Server.known {
			totals[v.Server.value] = halves{v.Low, v.High}.whole().notBelow(0)
		}
	}
	r.downloaded = totals[0]
	for _, s := range status.Servers {
		r.servers = append(r.servers, server{Name: strconv.FormatFloat(s.ID.value, 'f', -1, 64), Active: s.Active.ptr(), Downloaded: totals[s.ID.value]})
	}
	return r, nil
}

func (g nzbgetGroup) item(state string, past bool) item {
	all, left := halves{g.SizeLow, g.SizeHigh}.whole(), halves{g.LeftLow, g.LeftHigh}.whole()
	one := item{
		id: strconv.FormatFloat(g.ID.value, 'f', -1, 64), name: shorten(g.Name), state: state, category: shorten(g.Category),
		size: all.notBelow(0), finished: moment(g.Finished), past: past, done: past,
	}
	if !past {
		one.remaining = left.notBelow(0)
		if all.known && left.known && all.value > 0 {
			progress := min(1, max(0, 1-left.value/all.value))
			one.progress = &progress
		}
	}
	return one
}

func nzbgetState(status string) string {
	switch status {
	case "PAUSED":
		return paused
	case "QUEUED":
		return queued
	case "DOWNLOADING", "FETCHING":
		return downloading
	case "MOVING":
		return moving
	case "LOADING_PARS", "VERIFYING_SOURCES", "VERIFYING_REPAIRED":
		return checking
	default: // PP_QUEUED, REPAIRING, UNPACKING, EXECUTING_SCRIPT and more
		return postProcessing
	}
}

func (d *nzbgetDriver) ask(ctx context.Context, method string, params []any, into any) error {
	if params == nil {
		params = []any{}
	}
	var answer struct {
		Result json.RawMessage
		Error  *struct{ Message string }
	}
	const path = "/jsonrpc"
	err := d.c.withBasic(ctx, "NZBGet", fetch.Request{Method: http.MethodPost, Path: path, JSON: map[string]any{"method": method, "params": params}}, &answer)
	at := d.c.basic.URL(path)
	switch {
	case statusOf(err) == http.StatusNotFound:
		return fault.As(fault.WrongService, err, "what answers is not NZBGet").WithHint("check the address; NZBGet answers at 6789")
	case statusOf(err) == http.StatusForbidden:
		return fault.As(fault.Permission, err, "NZBGet does not let this address in").WithHint("see ControlIP and AuthorizedIP in its settings")
	case err != nil:
		return err
	case answer.Error != nil:
		return fault.New(fault.BadAnswer, "POST %s: %s: %s", at, method, shorten(answer.Error.Message))
	case answer.Result == nil:
		return fault.New(fault.WrongService, "POST %s: the answer is not NZBGet's", at).WithHint("check the address; NZBGet answers at 6789")
	default:
		return badAnswer(json.Unmarshal(answer.Result, into), at, method)
	}
}
