package mediaserver

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

const (
	partStatistics = "statistics"
	partLibraries  = "libraries"
	partActivities = "activities"
	partUpdate     = "updates"
	partStorage    = "storage"
	partTasks      = "tasks"
	partUsers      = "users"
	partPlugins    = "plugins"
	partFailures   = "refused logins"
)

// plexItem is somebody's session at Plex.
type plexItem struct {
	SessionKey  string         `json:"sessionKey"`
	RatingKey   string         `json:"ratingKey"`
	Type        string         `json:"type"`
	Title       string         `json:"title"`
	Parent      string         `json:"parentTitle"`
	Grandparent string         `json:"grandparentTitle"`
	Live        lenient.Flag   `json:"live"`
	Duration    lenient.Amount `json:"duration"`
	Offset      lenient.Amount `json:"viewOffset"`
	User        struct {
		Title string `json:"title"`
	}
	Player struct {
		Title, Product, Platform, Address, State string
		Local                                    *lenient.Flag
	}
	Session struct {
		ID        string
		Bandwidth lenient.Amount
		Location  string
	}
	Media []struct {
		Bitrate    lenient.Amount
		Resolution string `json:"videoResolution"`
	}
	Transcode *struct {
		Video     string `json:"videoDecision"`
		Audio     string `json:"audioDecision"`
		Subtitle  string `json:"subtitleDecision"`
		Speed     lenient.Amount
		Throttled lenient.Flag
		Complete  lenient.Flag
		Error     lenient.Flag
		From      string       `json:"sourceVideoCodec"`
		To        string       `json:"videoCodec"`
		Requested lenient.Flag `json:"transcodeHwRequested"`
		Decoding  string       `json:"transcodeHwDecoding"`
		Encoding  string       `json:"transcodeHwEncoding"`
		Hardware  lenient.Flag `json:"transcodeHwFullPipeline"`
	} `json:"TranscodeSession"`
}

// askPlex asks Plex.
func (c *collector) askPlex(ctx context.Context, f *found) error {
	var root struct {
		MediaContainer struct {
			FriendlyName, Platform, Version, MyPlexMappingState, MyPlexSigninState string
			MyPlex                                                                 lenient.Flag
		}
	}
	if err := c.get(ctx, "/", &root); err != nil {
		return err
	}
	about := root.MediaContainer
	f.Server = server{Kind: "Plex", Name: plugin.Shorten(about.FriendlyName, 80), Version: plugin.Shorten(about.Version, 60), Platform: plugin.Shorten(about.Platform, 40)}
	if about.MyPlexMappingState != "" && about.MyPlexSigninState == "ok" {
		mapped := about.MyPlexMappingState == "mapped"
		f.remoteOK = &mapped
	}
	_, err := each(ctx, c, "/status/sessions", "MediaContainer.Metadata", func(item plexItem) { f.add(c.plexSession(item)) })
	if err != nil {
		return err
	}
	if c.config.Statistics {
		f.problem(c.part(partStatistics, func() error { return c.plexStatistics(ctx, f) }))
	}
	f.problem(c.part(partActivities, func() error {
		_, err := each(ctx, c, "/activities", "MediaContainer.Activity", func(a struct{ Type string }) {
			f.scanning = f.scanning || strings.HasPrefix(a.Type, "library.update") || strings.HasPrefix(a.Type, "library.refresh")
		})
		return err
	}))
	return nil
}

// plexSession reads one session. A TranscodeSession alone is no transcode: copy
// puts what is there into another container.
func (c *collector) plexSession(item plexItem) session {
	s := session{
		id: item.SessionKey + "/" + item.Session.ID + "/" + item.RatingKey, User: plugin.Shorten(item.User.Title, 80), Title: plugin.Shorten(item.Title, 120), Type: typeOf(item.Type, bool(item.Live)), State: playing,
		Method: directPlay, Progress: progressOf(item.Offset, item.Duration), Client: plugin.Shorten(item.Player.Product, 60),
		Device: plugin.Shorten(item.Player.Title, 60), Address: plugin.Shorten(item.Player.Address, 60),
	}
	if item.Grandparent != "" {
		s.Title, s.Subtitle = plugin.Shorten(item.Grandparent, 120), plugin.Shorten(item.Title, 120)
	}
	if item.Player.State == paused || item.Player.State == buffering {
		s.State = item.Player.State
	}
	switch {
	case item.Session.Location == "lan":
		s.Location = atHome
	case item.Session.Location != "":
		s.Location = remote // wan, cellular
	case item.Player.Local != nil && bool(*item.Player.Local):
		s.Location = atHome
	case item.Player.Local != nil:
		s.Location = remote
	}
	if kilobits := item.Session.Bandwidth.Pointer(); kilobits != nil {
		bits := *kilobits * 1000
		s.Bandwidth = &bits
	}
	if len(item.Media) > 0 {
		s.Video.Resolution = plugin.Shorten(item.Media[0].Resolution, 20)
	}
	t := item.Transcode
	if t == nil {
		return s
	}
	s.Method = directStream
	for what, decision := range map[string]string{"video": t.Video, "audio": t.Audio} {
		if decision == transcode {
			s.Method = transcode
			s.Reasons = append(s.Reasons, what)
		}
	}
	if t.Subtitle == "burn" || t.Subtitle == transcode {
		s.Reasons = append(s.Reasons, "subtitles")
	}
	slices.Sort(s.Reasons)
	s.Video.From, s.Video.To = plugin.Shorten(t.From, 20), plugin.Shorten(t.To, 20)
	if s.Method == transcode {
		s.Hardware = bool(t.Hardware) || t.Decoding != "" || t.Encoding != ""
		if !t.Throttled && !t.Complete && t.Speed.Or(0) > 0 {
			s.Speed = t.Speed.Pointer()
		}
	}
	return s
}

// plexStatistics asks for what Plex says with Plex Pass only.
func (c *collector) plexStatistics(ctx context.Context, f *found) error {
	var newest struct{ At, HostCPU, ProcessCPU, HostMemory, ProcessMemory float64 }
	n, err := each(ctx, c, "/statistics/resources?timespan=6", "MediaContainer.StatisticsResources", func(one struct {
		At            lenient.Amount
		HostCPU       lenient.Amount `json:"hostCpuUtilization"`
		ProcessCPU    lenient.Amount `json:"processCpuUtilization"`
		HostMemory    lenient.Amount `json:"hostMemoryUtilization"`
		ProcessMemory lenient.Amount `json:"processMemoryUtilization"`
	},
	) {
		if one.At.Or(0) > newest.At && one.HostCPU.Pointer() != nil && one.HostMemory.Pointer() != nil {
			newest.At, newest.HostCPU, newest.ProcessCPU = *one.At.Pointer(), *one.HostCPU.Pointer(), one.ProcessCPU.Or(0)
			newest.HostMemory, newest.ProcessMemory = *one.HostMemory.Pointer(), one.ProcessMemory.Or(0)
		}
	})
	if err != nil {
		return err
	}
	if n == 0 { // there is no Plex Pass
		c.off.Leave(partStatistics, c.host.Now().Add(offFor), struct{}{})
		return nil
	}
	if newest.At > 0 {
		f.usage = map[string][2]float64{
			"host": {newest.HostCPU / 100, newest.HostMemory / 100}, "process": {newest.ProcessCPU / 100, newest.ProcessMemory / 100},
		}
	}
	return c.plexTraffic(ctx, f)
}

// keyTraffic is where it is kept what was sent, and up to when that is counted.
const keyTraffic = "traffic"

// traffic is what Plex has sent since watching began.
type traffic struct {
	Until  float64 `json:"until"`
	Local  float64 `json:"local"`
	Remote float64 `json:"remote"`
}

// plexTraffic adds up what Plex sent in the seconds that are over. Its list holds
// one row for each client and second.
func (c *collector) plexTraffic(ctx context.Context, f *found) error {
	sum, known := plugin.Recall[traffic](c.host.State, keyTraffic)
	until := sum.Until
	// The second that runs is not over: it is counted next time.
	now := float64(c.host.Now().Unix() - 1)
	_, err := each(ctx, c, "/statistics/bandwidth?timespan=6", "MediaContainer.StatisticsBandwidth", func(one struct {
		At, Bytes lenient.Amount
		LAN       lenient.Flag `json:"lan"`
	},
	) {
		at := one.At.Or(0)
		if at == 0 || at > now || known && at <= sum.Until {
			return
		}
		until = max(until, at)
		switch {
		case !known: // from before watching began
		case bool(one.LAN):
			sum.Local += one.Bytes.Or(0)
		default:
			sum.Remote += one.Bytes.Or(0)
		}
	})
	if err != nil {
		return err
	}
	if !known && until == 0 {
		until = now
	}
	sum.Until = until
	f.sent = &sum
	return plugin.Keep(c.host.State, keyTraffic, sum)
}

// plexSlow asks for what changes seldom.
func (c *collector) plexSlow(ctx context.Context, s *slow) {
	if c.config.Libraries {
		s.problem(c.part(partLibraries, func() error { return c.plexLibraries(ctx, s) }))
	}
	s.problem(c.part(partUpdate, func() error {
		available, asked := false, false
		err := c.stream(ctx, "/updater/status", fetch.Stream{
			Lists: fetch.Lists{"MediaContainer.Release": fetch.Each(func(release struct{ Version, State string }) {
				wanted := release.State != "skipped" && release.State != "done" // else somebody passed it over, or it is here
				available = available || release.Version != "" && wanted
			})},
			Value: func(string, any) { asked = true },
		})
		if err == nil && (asked || available) {
			s.update = &available
		}
		return err
	}))
}

// maxLibraries bounds the libraries that are told apart.
const maxLibraries = 60

// plexLibraries asks for each library how many things are in it: for a count and
// no things, so that the largest library costs no more than an empty one.
func (c *collector) plexLibraries(ctx context.Context, s *slow) error {
	type directory struct {
		Key, Title, Type string
		Scanned          lenient.Amount `json:"scannedAt"`
		Refreshing       lenient.Flag
	}
	var sections []directory
	_, err := each(ctx, c, "/library/sections", "MediaContainer.Directory", func(one directory) {
		if len(sections) < maxLibraries && one.Key != "" {
			sections = append(sections, one)
		}
	})
	if err != nil {
		return err
	}
	storage, err := c.plexStorage(ctx)
	s.problem(err)
	for _, section := range sections {
		l := library{Name: plugin.Shorten(section.Title, 80), Type: plugin.Shorten(section.Type, 20), Scanning: bool(section.Refreshing), counts: make(map[string]float64)}
		if at := section.Scanned.Or(0); at > 0 {
			scanned := time.Unix(int64(at), 0).UTC()
			l.LastScan = &scanned
		}
		if held, known := storage[section.Key]; known {
			l.Bytes, l.duration = held.bytes, held.duration
		}
		for _, kind := range plexKinds(section.Type) {
			count, err := c.plexCount(ctx, section.Key, kind.number)
			if err != nil {
				return err
			}
			if count != nil {
				l.counts[kind.item] = *count
			}
		}
		l.Items = l.counts[plexKinds(section.Type)[0].item]
		s.libraries = append(s.libraries, l)
	}
	return nil
}

// plexKind is something that a library holds, and its number at Plex.
type plexKind struct{ item, number string }

func plexKinds(library string) []plexKind {
	switch library {
	case "movie":
		return []plexKind{{"movie", ""}}
	case "show":
		return []plexKind{{"series", ""}, {"episode", "4"}}
	case "artist":
		return []plexKind{{"artist", ""}, {"album", "9"}, {"track", "10"}}
	case "photo":
		return []plexKind{{"photo", ""}}
	default:
		return []plexKind{{"other", ""}}
	}
}

// plexCount asks how many things of a kind are in a library; nil when it does not
// say.
func (c *collector) plexCount(ctx context.Context, key, kind string) (*float64, error) {
	path := "/library/sections/" + url.PathEscape(key) + "/all?X-Plex-Container-Start=0&X-Plex-Container-Size=0"
	if kind != "" {
		path += "&type=" + kind
	}
	var total, size *float64
	err := c.stream(ctx, path, fetch.Stream{Value: func(path string, value any) {
		n, ok := value.(float64)
		switch {
		case !ok || n < 0:
		case path == "MediaContainer.totalSize":
			total = &n
		case path == "MediaContainer.size":
			size = &n
		}
	}})
	if total == nil {
		total = size // one that does not count apart sends everything
	}
	return total, err
}

// held is what a library takes.
type held struct{ bytes, duration *float64 }

// plexStorage asks how large libraries are; what does not tell is left out.
func (c *collector) plexStorage(ctx context.Context) (map[string]held, error) {
	all := make(map[string]held)
	err := c.part(partStorage, func() error {
		_, err := each(ctx, c, "/media/providers?includeStorage=1", "MediaContainer.MediaProvider", func(provider struct {
			Feature []struct {
				Type      string
				Directory []struct {
					ID       string
					Bytes    lenient.Amount `json:"storageTotal"`
					Duration lenient.Amount `json:"durationTotal"`
				}
			}
		},
		) {
			for _, feature := range provider.Feature {
				for _, d := range feature.Directory {
					if feature.Type != "content" || d.ID == "" || len(all) >= maxLibraries {
						continue
					}
					one := held{bytes: d.Bytes.Pointer()}
					if d.Duration.Pointer() != nil {
						seconds := *d.Duration.Pointer() / 1000
						one.duration = &seconds
					}
					all[d.ID] = one
				}
			}
		})
		return err
	})
	return all, err
}
