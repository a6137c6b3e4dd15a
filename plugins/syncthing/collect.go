package syncthing

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

const (
	keyHeader = "X-API-Key"
	idHeader  = "X-Syncthing-Id"
	// completionEvery is how often it is asked how far devices are, and
	// updateEvery how often whether there is a newer version.
	completionEvery = 5 * time.Minute
	updateEvery     = 24 * time.Hour
	// maxFolders and maxDevices bound what has series and is asked for one by one.
	maxFolders = 100
	maxDevices = 200
)

// collector watches one Syncthing.
type collector struct {
	config config
	host   plugin.Host
	client *fetch.Client

	statuses    map[string]*folderStatus // by folder, as last asked for
	completions map[string]*completion   // by device
	update      *bool
	updateAsked time.Time
}

// reading is what one collection found out.
type reading struct {
	now         time.Time
	status      systemStatus
	version     systemVersion
	folders     []folderConfig
	devices     []deviceConfig
	connections connections
	folderStats folderStats
	deviceStats deviceStats
	newDevices  map[string]pendingDevice
	newFolders  map[string]pendingFolder
	notices     systemErrors
}

// question is what is asked for, and where the answer goes.
type question struct {
	path string
	into any
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	r := &reading{now: c.host.Now()}
	if err := c.identify(ctx, &r.status); err != nil {
		return err
	}
	for _, q := range []question{
		{"/rest/config/folders", &r.folders}, {"/rest/config/devices", &r.devices}, {"/rest/system/connections", &r.connections},
	} {
		if err := c.ask(ctx, q.path, nil, q.into); err != nil {
			return tooOld(err)
		}
	}
	for _, q := range []question{
		{"/rest/system/version", &r.version},
		{"/rest/stats/folder", &r.folderStats},
		{"/rest/stats/device", &r.deviceStats},
		{"/rest/system/error", &r.notices},
		{"/rest/cluster/pending/devices", &r.newDevices},
		{"/rest/cluster/pending/folders", &r.newFolders},
	} {
		if err := c.ask(ctx, q.path, nil, q.into); err != nil && fault.Of(err) != fault.NotFound {
			out.Problem(err) // 1.12 does not know who waits to be let in
		}
	}
	c.choose(r)
	c.readFolders(ctx, r, out)
	c.readCompletions(ctx, r, out)
	c.lookForUpdate(ctx, r.now, out)
	if err := ctx.Err(); err != nil {
		return fault.As(fault.Of(err), err, "asking %s", c.client.URL(""))
	}
	c.emitServer(r, out)
	c.emitFolders(r, out)
	c.emitDevices(r, out)
	out.Problem(c.tell(r, out))
	out.SetSnapshot(c.document(r))
	return nil
}

// Check implements plugin.Checker: it asks what a collection cannot do without.
func (c *collector) Check(ctx context.Context) error {
	var status systemStatus
	if err := c.identify(ctx, &status); err != nil {
		return err
	}
	return tooOld(c.ask(ctx, "/rest/config/folders", nil, nil))
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.client.Close() }

// identify asks Syncthing who it is.
func (c *collector) identify(ctx context.Context, status *systemStatus) error {
	err := c.ask(ctx, "/rest/system/status", nil, status)
	switch {
	case fault.Of(err) == fault.NotFound:
		return fault.As(fault.WrongService, err, "what answers is not Syncthing").WithHint("check address and port; Syncthing answers at 8384")
	case err != nil:
		return err
	case status.ID == "":
		return fault.New(fault.WrongService, "GET %s: the answer is not Syncthing's", c.client.URL("/rest/system/status")).
			WithHint("check address and port; Syncthing answers at 8384")
	}
	return nil
}

// ask reads an answer. The key is that of the config, or of Syncthing's file.
func (c *collector) ask(ctx context.Context, path string, query url.Values, into any) error {
	r := fetch.Request{Path: path, Query: query}
	if c.config.Token.Empty() && c.config.ConfigFile != "" {
		known, err := readSettings(c.host.Files, c.config.ConfigFile)
		if err != nil {
			return err
		}
		r.Header = http.Header{keyHeader: {known.key}}
	}
	return c.explain(c.client.JSON(ctx, r, into))
}

// explain says what a refusal means.
func (c *collector) explain(err error) error {
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) || status.Status != http.StatusForbidden && status.Status != http.StatusUnauthorized {
		return err
	}
	said := strings.TrimSpace(string(status.Body))
	const where = "the key is on Syncthing's page, under Actions, Settings, General"
	switch {
	case strings.HasPrefix(said, "Host check error"):
		return fault.As(fault.Config, err, "Syncthing does not answer to this name").
			WithHint("use the address that its page listens on, or set insecureSkipHostcheck in its advanced settings")
	case status.Header.Get(idHeader) == "" && !strings.HasPrefix(said, "CSRF") && !strings.HasPrefix(said, "Not Authorized"):
		return err // something in between, such as a proxy
	case c.config.Token.Empty() && c.config.ConfigFile == "":
		return fault.As(fault.Auth, err, "Syncthing wants an API key").WithHint("set token; %s", where)
	default:
		return fault.As(fault.Auth, err, "Syncthing does not know the API key").WithHint("check token; %s", where)
	}
}

// tooOld says what it means that there is no /rest/config.
func tooOld(err error) error {
	if fault.Of(err) == fault.NotFound {
		return fault.As(fault.Unsupported, err, "this Syncthing is too old").WithHint("1.12 of December 2020 is the first that can be watched")
	}
	return err
}

// choose takes what is to be watched, each thing once, and not this device itself,
// which is among the others in every list.
func (c *collector) choose(r *reading) {
	seen := map[string]bool{r.status.ID: true, "": true}
	var devices []deviceConfig
	for _, d := range r.devices {
		if seen[d.ID] || len(c.config.Devices) > 0 && !selected(c.config.Devices, d.ID, d.Name) {
			continue
		}
		seen[d.ID] = true
		devices = append(devices, d)
	}
	seen = map[string]bool{"": true}
	var folders []folderConfig
	for _, f := range r.folders {
		if seen[f.ID] || len(c.config.Folders) > 0 && !selected(c.config.Folders, f.ID, f.Label) {
			continue
		}
		seen[f.ID] = true
		folders = append(folders, f)
	}
	r.devices, r.folders = devices[:min(len(devices), maxDevices)], folders[:min(len(folders), maxFolders)]
}

// selected reports whether a list names something by its ID or its name; of a
// device's ID the first part is enough.
func selected(list plugin.Globs, id, name string) bool {
	return list.Match(id) || name != "" && list.Match(name) || list.Match(short(id))
}

// young reports whether what was asked for then needs no new asking now. A run
// that comes a little early counts as in time.
func young(asked, now time.Time, every time.Duration) bool {
	return !asked.IsZero() && now.Sub(asked) < every-every/10 && !now.Before(asked)
}

// readFolders asks for the state of each folder, where what is known is old.
func (c *collector) readFolders(ctx context.Context, r *reading, out *plugin.Batch) {
	before := c.statuses
	c.statuses = make(map[string]*folderStatus, len(r.folders))
	for _, f := range r.folders {
		if f.Paused {
			continue // it says nothing of itself then, which looks as if it were empty
		}
		if known := before[f.ID]; known != nil && young(known.asked, r.now, c.config.FolderEvery.Std()) {
			c.statuses[f.ID] = known
			continue
		}
		status := &folderStatus{asked: r.now}
		switch err := c.ask(ctx, "/rest/db/status", url.Values{"folder": {f.ID}}, status); {
		case fault.Of(err) == fault.NotFound: // it was removed just now
			continue
		case err != nil:
			out.Problem(err)
			continue
		}
		c.statuses[f.ID] = status
		if status.Errors > 0 {
			out.Problem(c.readFaults(ctx, f, status))
		}
	}
}

// readFaults asks which files could not be synced.
func (c *collector) readFaults(ctx context.Context, f folderConfig, status *folderStatus) error {
	var answer struct{ Errors []fileError }
	err := c.ask(ctx, "/rest/folder/errors", url.Values{"folder": {f.ID}, "perpage": {"20"}}, &answer)
	for _, one := range answer.Errors[:min(len(answer.Errors), 20)] {
		status.faults = append(status.faults, fileError{f.name(), shorten(one.Path), shorten(one.Error)})
	}
	return err
}

// readCompletions asks how far the devices are that share something.
func (c *collector) readCompletions(ctx context.Context, r *reading, out *plugin.Batch) {
	if !c.config.Completion {
		return
	}
	before := c.completions
	c.completions = make(map[string]*completion, len(r.devices))
	for _, d := range r.devices {
		if known := before[d.ID]; known != nil && young(known.asked, r.now, completionEvery) {
			c.completions[d.ID] = known
			continue
		}
		if len(sharedWith(r.folders, d.ID)) == 0 {
			continue
		}
		answer, err := c.completionOf(ctx, r, d.ID)
		out.Problem(err)
		if answer != nil {
			answer.asked = r.now
			c.completions[d.ID] = answer
		}
	}
}

// completionOf asks how far a device is with all that is shared with it. That is
// not found where one of the folders is paused or stopped; then the others are
// asked for and added up. Nothing is returned when none of them runs.
func (c *collector) completionOf(ctx context.Context, r *reading, device string) (*completion, error) {
	all := new(completion)
	err := c.ask(ctx, "/rest/db/completion", url.Values{"device": {device}}, all)
	if fault.Of(err) != fault.NotFound {
		if err != nil {
			return nil, err
		}
		return all, nil
	}
	sum, found := &completion{Completion: 100}, false
	for _, f := range r.folders {
		if f.Paused || len(sharedWith([]folderConfig{f}, device)) == 0 {
			continue
		}
		one := new(completion)
		switch err := c.ask(ctx, "/rest/db/completion", url.Values{"device": {device}, "folder": {f.ID}}, one); {
		case fault.Of(err) == fault.NotFound:
			continue
		case err != nil:
			return nil, err
		}
		found = true
		sum.GlobalBytes += one.GlobalBytes
		sum.NeedBytes += one.NeedBytes
	}
	if !found {
		return nil, nil //nolint:nilnil // nothing is known, and nothing is wrong
	}
	if sum.GlobalBytes > 0 {
		sum.Completion = 100 * (1 - sum.NeedBytes/sum.GlobalBytes)
	}
	return sum, nil
}

// sharedWith returns the names of the folders that are shared with a device.
func sharedWith(folders []folderConfig, device string) []string {
	var names []string
	for _, f := range folders {
		for _, d := range f.Devices {
			if d.ID == device {
				names = append(names, f.name())
				break
			}
		}
	}
	return names
}

// lookForUpdate asks once a day whether there is a newer version.
func (c *collector) lookForUpdate(ctx context.Context, now time.Time, out *plugin.Batch) {
	if !c.config.Updates || young(c.updateAsked, now, updateEvery) {
		return
	}
	var answer struct{ Newer *bool }
	err := c.ask(ctx, "/rest/system/upgrade", nil, &answer)
	status := (*fetch.StatusError)(nil)
	switch {
	case err == nil, errors.As(err, &status):
		// 501 and 503: the package of a distribution, or no way to the Internet.
		c.update, c.updateAsked = answer.Newer, now
	default:
		out.Problem(err)
	}
}

// short is the first part of a device's ID, by which people know it.
func short(id string) string {
	first, _, _ := strings.Cut(id, "-")
	return shorten(first)
}

// shorten cuts a text for people.
func shorten(text string) string { return plugin.Shorten(text, 300) }
