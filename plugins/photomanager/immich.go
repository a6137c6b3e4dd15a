package photomanager

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// Bounds of what Immich may list.
const (
	maxQueues    = 50
	maxUsers     = 100
	maxLibraries = 50
)

// The parts of Immich that a key may not see.
const (
	partStorage    = "the disk"
	partStatistics = "the library"
	partQueues     = "the queues"
	partLibraries  = "external libraries"
	partRelease    = "new versions"
)

// readImmich asks for everything that Immich says.
func (c *collector) readImmich(ctx context.Context, s *sight) error {
	var version struct{ Major, Minor, Patch *int }
	if err := c.GetJSON(ctx, "/api/server/version", &version); err != nil {
		return starting(err)
	}
	if version.Major != nil && version.Minor != nil && version.Patch != nil {
		s.Version = fmt.Sprintf("%d.%d.%d", *version.Major, *version.Minor, *version.Patch)
	}
	var settings struct{ MaintenanceMode *bool }
	if err := c.GetJSON(ctx, "/api/server/config", &settings); err != nil {
		return starting(err)
	}
	s.Maintenance = settings.MaintenanceMode
	if s.Maintenance != nil && *s.Maintenance {
		return nil // nobody is told anything else
	}
	if c.config.Token.Empty() {
		return fault.New(fault.Auth, "asking %s: Immich wants an API key", c.URL("")).
			WithHint("make one under Account settings, API keys, as an administrator, and enter it as token; Set-up names the permissions")
	}
	var about struct{ Version, Build, SourceRef string }
	switch err := c.immich(ctx, "/api/server/about", &about); fault.Of(err) {
	case fault.Permission: // the version is known without
	case "":
		s.Build = shorten(about.Build)
	default:
		return err
	}
	var features map[string]any
	if c.GetJSON(ctx, "/api/server/features", &features) == nil { // it says nothing that is measured
		for name, on := range features {
			if on == true && len(s.Features) < maxQueues {
				s.Features = append(s.Features, shorten(name))
			}
		}
		slices.Sort(s.Features)
	}
	c.part(s, partStorage, "the permission server.storage", func() error { return c.readDisk(ctx, s) })
	c.part(s, partStatistics, "the permission server.statistics of an administrator's key", func() error { return c.readStatistics(ctx, s) })
	c.part(s, partQueues, "the permission queue.read (job.read in older versions) of an administrator's key", func() error { return c.readQueues(ctx, s) })
	c.readSlow(ctx, s)
	return nil
}

// immich asks with the key.
func (c *collector) immich(ctx context.Context, path string, into any) error {
	key, err := c.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	err = c.JSON(ctx, fetch.Request{Path: path, Header: http.Header{"X-Api-Key": {key}}}, into)
	if fault.Of(err) == fault.Auth {
		return fault.As(fault.Auth, err, "the API key is not taken").WithHint("see under Account settings, API keys, whether it is still there, and make a new one")
	}
	return starting(err)
}

func (c *collector) readDisk(ctx context.Context, s *sight) error {
	var said struct{ DiskSizeRaw, DiskUseRaw, DiskAvailableRaw number }
	if err := c.immich(ctx, "/api/server/storage", &said); err != nil {
		return err
	}
	s.Disk = disk{Size: said.DiskSizeRaw.value, Used: said.DiskUseRaw.value, Available: said.DiskAvailableRaw.value}
	return nil
}

// immichUsage is what somebody, or everybody, has.
type immichUsage struct {
	Photos, Videos, Usage, UsagePhotos, UsageVideos number
}

func (c *collector) readStatistics(ctx context.Context, s *sight) error {
	var said struct {
		immichUsage
		UsageByUser []struct {
			immichUsage
			UserName         string
			QuotaSizeInBytes number
		}
	}
	if err := c.immich(ctx, "/api/server/statistics", &said); err != nil {
		return err
	}
	s.Items = map[string]*float64{"photo": said.Photos.value, "video": said.Videos.value}
	s.Usage = map[string]*float64{"photo": said.UsagePhotos.value, "video": said.UsageVideos.value}
	if said.UsagePhotos.value == nil { // older versions do not tell them apart
		s.Usage = map[string]*float64{"all": said.Usage.value}
	}
	s.UsedBytes = said.Usage.value
	n := float64(len(said.UsageByUser))
	s.Counts = map[string]*float64{"photo_manager_users": &n}
	names := make(map[string]bool)
	for i, u := range said.UsageByUser {
		if i >= maxUsers {
			break
		}
		name := shorten(u.UserName)
		if !c.config.ShowNames || name == "" || names[name] { // two of a name are two series
			name = "user-" + strconv.Itoa(i+1)
		}
		names[name] = true
		row := user{Name: name, Photos: u.Photos.value, Videos: u.Videos.value, Usage: u.Usage.value, Quota: u.QuotaSizeInBytes.value}
		if row.Quota != nil && *row.Quota > 0 && row.Usage != nil {
			ratio := *row.Usage / *row.Quota
			row.QuotaRatio = &ratio
		}
		s.Users = append(s.Users, row)
	}
	return nil
}

// queueCounts are the jobs of a queue by what becomes of them.
type queueCounts struct {
	Active, Waiting, Delayed, Failed, Paused, Completed number
}

// queueName is what names of queues look like; they become labels.
var queueName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,39}$`)

// readQueues asks for the queues in the form of today, or else in that of before.
func (c *collector) readQueues(ctx context.Context, s *sight) error {
	var list []struct {
		Name       string
		IsPaused   *bool
		Statistics queueCounts
	}
	err := c.immich(ctx, "/api/queues", &list)
	if err == nil {
		for _, q := range list {
			c.addQueue(s, q.Name, q.IsPaused, q.Statistics)
		}
		return nil
	}
	if fault.Of(err) != fault.NotFound {
		return err
	}
	var byName map[string]struct {
		JobCounts   queueCounts
		QueueStatus struct{ IsPaused *bool }
	}
	if err := c.immich(ctx, "/api/jobs", &byName); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		c.addQueue(s, name, byName[name].QueueStatus.IsPaused, byName[name].JobCounts)
	}
	return nil
}

// queueProgress is when a queue got shorter, or was empty.
type queueProgress struct {
	waiting, completed float64
	at                 time.Time
}

func (c *collector) addQueue(s *sight, name string, paused *bool, n queueCounts) {
	if len(s.Queues) >= maxQueues || !queueName.MatchString(name) || slices.ContainsFunc(s.Queues, func(q queue) bool { return q.Name == name }) {
		return
	}
	q := queue{Name: name, Paused: paused, Active: n.Active.value, Waiting: n.Waiting.value, Delayed: n.Delayed.value, Failed: n.Failed.value, PausedJobs: n.Paused.value}
	if q.Waiting != nil {
		last, known := c.progress[name]
		now := queueProgress{waiting: *q.Waiting, completed: n.Completed.or(0), at: last.at}
		if !known || now.waiting == 0 || now.waiting < last.waiting || now.completed != last.completed {
			now.at = s.now
		}
		c.progress[name] = now
		q.Stuck = s.now.Sub(now.at) >= c.config.Stuck.Std()
	}
	q.Status = "idle"
	switch {
	case q.Stuck:
		q.Status = "stuck"
	case paused != nil && *paused:
		q.Status = "paused"
	case q.Active != nil && *q.Active > 0:
		q.Status = "active"
	case q.Waiting != nil && *q.Waiting > 0:
		q.Status = "waiting"
	}
	s.Queues = append(s.Queues, q)
}

// What the slow parts need.
const (
	needsRelease   = "the permission server.versionCheck of an administrator's key"
	needsLibraries = "the permissions library.read and library.statistics of an administrator's key"
)

// readSlow asks for what changes slowly, once an hour.
func (c *collector) readSlow(ctx context.Context, s *sight) {
	if s.now.Before(c.slow.until) {
		for _, name := range []string{partRelease, partLibraries} {
			if needs, left := c.resting.Left(name, s.now); left {
				s.leave(name, needs)
			}
		}
	} else {
		problems := len(s.problems)
		c.slow = slow{}
		c.part(s, partRelease, needsRelease, func() error { return c.readRelease(ctx) })
		c.part(s, partLibraries, needsLibraries, func() (err error) {
			c.slow.libraries, err = c.libraries(ctx)
			return err
		})
		if len(s.problems) == problems {
			c.slow.until = s.now.Add(rest)
		}
	}
	s.Libraries = c.slow.libraries
	if c.slow.checked && s.Version != "" {
		available := newer(c.slow.release, s.Version)
		s.Release, s.Update = c.slow.release, &available
	}
}

// readRelease asks for the newest version that Immich knows of.
func (c *collector) readRelease(ctx context.Context) error {
	var said struct{ CheckedAt, ReleaseVersion string }
	if err := c.immich(ctx, "/api/server/version-check", &said); err != nil {
		return err
	}
	c.slow.checked, c.slow.release = said.CheckedAt != "", strings.TrimPrefix(shorten(said.ReleaseVersion), "v")
	return nil
}

// libraries reads the external libraries.
func (c *collector) libraries(ctx context.Context) ([]library, error) {
	var list []struct{ ID, Name string }
	if err := c.immich(ctx, "/api/libraries", &list); err != nil {
		return nil, err
	}
	var found []library
	names := make(map[string]bool)
	for i, one := range list[:min(len(list), maxLibraries)] {
		var said struct{ Total, Photos, Videos, Usage number }
		if err := c.immich(ctx, "/api/libraries/"+url.PathEscape(one.ID)+"/statistics", &said); err != nil {
			return found, err
		}
		name := shorten(one.Name)
		if name == "" || names[name] {
			name = "library-" + strconv.Itoa(i+1)
		}
		names[name] = true
		found = append(found, library{Name: name, Items: said.Total.value, Photos: said.Photos.value, Videos: said.Videos.value, Usage: said.Usage.value})
	}
	return found, nil
}

// newer reports whether a version comes after another.
func newer(one, than string) bool {
	a, b := versionNumbers(one), versionNumbers(than)
	return a != nil && b != nil && slices.Compare(a, b) > 0
}

// versionNumbers are the three numbers of a version; nil when it is none.
func versionNumbers(version string) []int {
	version, _, _ = strings.Cut(version, "-")
	words := strings.Split(version, ".")
	const parts = 3
	if len(words) != parts {
		return nil
	}
	numbers := make([]int, parts)
	for i, word := range words {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return nil
		}
		numbers[i] = n
	}
	return numbers
}
