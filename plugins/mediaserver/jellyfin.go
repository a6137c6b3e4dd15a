package mediaserver

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// viewer is a session of Jellyfin or Emby; one without an item watches nothing.
type viewer struct {
	ID             string `json:"Id"`
	UserName       string
	Client         string
	DeviceName     string
	RemoteEndPoint string
	// LastActivityDate is when the device was last heard of.
	LastActivityDate string
	NowPlayingItem   *struct {
		ID, Name, SeriesName, Type     string
		ParentIndexNumber, IndexNumber lenient.Amount
		RunTimeTicks                   lenient.Amount
		Height                         lenient.Amount
		AlbumArtist                    string
		MediaStreams                   []struct{ Type, Codec string }
	}
	PlayState struct {
		PositionTicks lenient.Amount
		IsPaused      lenient.Flag
		PlayMethod    string
	}
	TranscodingInfo *struct {
		IsVideoDirect, IsAudioDirect                   lenient.Flag
		Bitrate                                        lenient.Amount
		VideoCodec, AudioCodec                         string
		HardwareAccelerationType                       string
		VideoDecoderIsHardware, VideoEncoderIsHardware lenient.Flag
		TranscodeReasons                               reasons
	}
}

// activeFor is for how long a device that is not heard of counts as active.
const activeFor = 960 * time.Second

// askJellyfin asks Jellyfin or Emby.
func (c *collector) askJellyfin(ctx context.Context, f *found) error {
	var about public
	if err := c.get(ctx, "/System/Info/Public", &about); err != nil {
		return err
	}
	f.Server = server{Kind: "Jellyfin", Name: plugin.Shorten(about.ServerName, 80), Version: plugin.Shorten(about.Version, 60), Platform: plugin.Shorten(about.OperatingSystem, 40)}
	if c.kind == emby {
		f.Server.Kind = "Emby"
	}
	if about.StartupWizardCompleted != nil && !*about.StartupWizardCompleted {
		return fault.New(fault.Config, "%s is not set up yet", f.Server.Kind).WithHint("open it in a browser and finish its first steps")
	}
	var info struct {
		HasPendingRestart, HasUpdateAvailable *bool
		OperatingSystemDisplayName            string
	}
	if err := c.get(ctx, "/System/Info", &info); err != nil {
		return err
	}
	f.restart = info.HasPendingRestart
	f.update = info.HasUpdateAvailable
	if f.Server.Platform == "" {
		f.Server.Platform = plugin.Shorten(info.OperatingSystemDisplayName, 40)
	}
	path := "/Sessions?activeWithinSeconds=960"
	if c.kind == emby {
		path = "/Sessions" // it tells of all that it knows
	}
	devices, since := 0, c.host.Now().Add(-activeFor)
	_, err := each(ctx, c, path, "", func(v viewer) {
		if at, err := time.Parse(time.RFC3339, v.LastActivityDate); c.kind != emby || err != nil || at.After(since) {
			devices++
		}
		if v.NowPlayingItem != nil {
			f.add(c.viewerSession(v))
		}
	})
	if err != nil {
		return err
	}
	f.devices = &devices
	if c.config.Tasks {
		f.problem(c.part(partTasks, func() error { return c.readTasks(ctx, f) }))
	}
	return nil
}

// viewerSession reads one who watches.
func (c *collector) viewerSession(v viewer) session {
	item := v.NowPlayingItem
	s := session{
		id: v.ID + "/" + item.ID, User: plugin.Shorten(v.UserName, 80), Title: plugin.Shorten(item.Name, 120), Type: typeOf(item.Type, false), State: playing, Method: directPlay,
		Progress: progressOf(v.PlayState.PositionTicks, item.RunTimeTicks), Client: plugin.Shorten(v.Client, 60), Device: plugin.Shorten(v.DeviceName, 60),
		Address: plugin.Shorten(strings.TrimPrefix(v.RemoteEndPoint, "::ffff:"), 60), // IPv4 as the server sees it
	}
	switch {
	case item.SeriesName != "":
		s.Title, s.Subtitle = plugin.Shorten(item.SeriesName, 120), plugin.Shorten(item.Name, 120)
	case item.AlbumArtist != "":
		s.Title, s.Subtitle = plugin.Shorten(item.AlbumArtist, 120), plugin.Shorten(item.Name, 120)
	}
	if v.PlayState.IsPaused {
		s.State = paused
	}
	if at, known := c.local(v.RemoteEndPoint); known {
		s.Location = remote
		if at {
			s.Location = atHome
		}
	}
	for _, stream := range item.MediaStreams {
		if stream.Type == "Video" && s.Video.From == "" {
			s.Video.From = plugin.Shorten(stream.Codec, 20)
		}
	}
	if height := item.Height.Or(0); height > 0 {
		s.Video.Resolution = resolution(height)
	}
	t := v.TranscodingInfo
	switch v.PlayState.PlayMethod {
	case "DirectStream":
		s.Method = directStream
	case "Transcode":
		s.Method = transcode
	}
	if t == nil {
		return s
	}
	if s.Method == transcode && bool(t.IsVideoDirect) && bool(t.IsAudioDirect) {
		s.Method = directStream // only the container is another
	}
	if s.Method != directPlay {
		s.Reasons, s.Bandwidth, s.Video.To = t.TranscodeReasons, t.Bitrate.Pointer(), plugin.Shorten(t.VideoCodec, 20)
	}
	if s.Method == transcode {
		accelerated := t.HardwareAccelerationType != "" && !strings.EqualFold(t.HardwareAccelerationType, "none")
		s.Hardware = (accelerated || bool(t.VideoDecoderIsHardware) || bool(t.VideoEncoderIsHardware)) && !bool(t.IsVideoDirect)
	}
	return s
}

// resolution is the usual name of a picture's height.
func resolution(height float64) string {
	for _, one := range []struct {
		from float64
		name string
	}{{2000, "4k"}, {1000, "1080"}, {700, "720"}, {500, "576"}} {
		if height >= one.from {
			return one.name
		}
	}
	return "sd"
}

// maxTasks bounds the tasks that are told apart.
const maxTasks = 60

// task is something that the server does by itself from time to time.
type task struct {
	Name     string     `json:"name"`
	State    string     `json:"state"`
	Progress *float64   `json:"progress,omitempty"`
	Status   string     `json:"last_status,omitempty"`
	End      *time.Time `json:"last_end,omitempty"`
	Error    string     `json:"error,omitempty"`
}

func (c *collector) readTasks(ctx context.Context, f *found) error {
	seen := make(map[string]bool)
	_, err := each(ctx, c, "/ScheduledTasks", "", func(one struct {
		Name, State               string
		IsHidden                  bool
		CurrentProgressPercentage lenient.Amount
		LastExecutionResult       *struct{ Status, EndTimeUtc, ErrorMessage string }
	},
	) {
		name := plugin.Shorten(one.Name, 80)
		if one.IsHidden || name == "" || seen[name] || len(f.tasks) >= maxTasks {
			return
		}
		seen[name] = true
		t := task{Name: name, State: plugin.Shorten(strings.ToLower(one.State), 20)}
		if one.CurrentProgressPercentage.Pointer() != nil && t.State == "running" {
			ratio := min(1, *one.CurrentProgressPercentage.Pointer()/100)
			t.Progress = &ratio
		}
		if last := one.LastExecutionResult; last != nil {
			t.Status, t.Error = plugin.Shorten(strings.ToLower(last.Status), 20), plugin.Shorten(last.ErrorMessage, 200)
			if end, err := time.Parse(time.RFC3339, last.EndTimeUtc); err == nil && end.Year() > 1 {
				end = end.UTC()
				t.End = &end
			}
		}
		f.tasks = append(f.tasks, t)
	})
	return err
}

// emitTasks makes samples of tasks. One that somebody stopped did not go wrong.
func emitTasks(all []task, out *plugin.Batch) {
	for _, t := range all {
		out.AddBool("media_server_task_running", t.State == "running", "task", t.Name)
		switch t.Status {
		case "completed", "cancelled":
			out.AddBool("media_server_task_last_success", true, "task", t.Name)
		case "failed", "aborted":
			out.AddBool("media_server_task_last_success", false, "task", t.Name)
		}
	}
}

// jellyfinSlow asks for what changes seldom.
func (c *collector) jellyfinSlow(ctx context.Context, s *slow) {
	if c.config.Libraries {
		s.problem(c.part(partLibraries, func() error { return c.jellyfinLibraries(ctx, s) }))
	}
	s.problem(c.part(partUsers, func() error {
		path := "/Users"
		if c.kind == emby {
			path = "/Users/Query"
			var said struct{ TotalRecordCount lenient.Amount }
			err := c.get(ctx, path, &said)
			s.users = asCount(said.TotalRecordCount)
			return err
		}
		n, err := each(ctx, c, path, "", func(struct{}) {})
		if err == nil {
			s.users = &n
		}
		return err
	}))
	if c.kind == emby {
		return // it tells neither of the rest
	}
	s.problem(c.part(partPlugins, func() error {
		bad := 0
		_, err := each(ctx, c, "/Plugins", "", func(one struct{ Status string }) {
			if one.Status == "Malfunctioned" || one.Status == "NotSupported" { // the others somebody wants so, or an update left behind
				bad++
			}
		})
		if err == nil {
			s.unhealthy = &bad
		}
		return err
	}))
	s.problem(c.part(partStorage, func() error { return c.jellyfinStorage(ctx, s) }))
}

func asCount(n lenient.Amount) *int {
	if n.Pointer() == nil {
		return nil
	}
	count := int(*n.Pointer())
	return &count
}

// jellyfinLibraries asks how many things of each kind there are in all libraries
// together, and for the names of libraries.
func (c *collector) jellyfinLibraries(ctx context.Context, s *slow) error {
	var counts map[string]lenient.Amount
	if err := c.get(ctx, "/Items/Counts", &counts); err != nil {
		return err
	}
	all := library{Name: "all", counts: make(map[string]float64)}
	for _, one := range []struct{ said, item string }{
		{"MovieCount", "movie"},
		{"SeriesCount", "series"},
		{"EpisodeCount", "episode"},
		{"ArtistCount", "artist"},
		{"AlbumCount", "album"},
		{"SongCount", "track"},
		{"BookCount", "book"},
		{"MusicVideoCount", "music_video"},
		{"TrailerCount", "trailer"},
		{"BoxSetCount", "box_set"},
	} {
		if n := counts[one.said].Pointer(); n != nil {
			all.counts[one.item] = *n
		}
	}
	all.Items = counts["ItemCount"].Or(0)
	s.libraries = append(s.libraries, all)
	path, list := "/Library/VirtualFolders", ""
	if c.kind == emby {
		path, list = "/Library/VirtualFolders/Query", "Items"
	}
	_, err := each(ctx, c, path, list, func(one struct{ Name, CollectionType, RefreshStatus string }) {
		if len(s.libraries) < maxLibraries {
			s.libraries = append(s.libraries, library{
				Name: plugin.Shorten(one.Name, 80), Type: plugin.Shorten(one.CollectionType, 20), Scanning: one.RefreshStatus == "Active" || one.RefreshStatus == "Queued",
			})
		}
	})
	return err
}

// space is what is free in a folder of the server.
type space struct {
	Folder string  `json:"folder"`
	Free   float64 `json:"free_bytes"`
	Used   float64 `json:"used_bytes"`
}

// jellyfinStorage asks Jellyfin 10.11 and later for its folders, and those of
// libraries. A folder is told once.
func (c *collector) jellyfinStorage(ctx context.Context, s *slow) error {
	type folder struct {
		Path                 string
		FreeSpace, UsedSpace lenient.Amount
	}
	var said struct {
		ProgramDataFolder, CacheFolder, LogFolder, InternalMetadataFolder, TranscodingTempFolder folder
		Libraries                                                                                []struct {
			Name    string
			Folders []folder
		}
	}
	if err := c.get(ctx, "/System/Info/Storage", &said); err != nil {
		return err
	}
	add := func(name string, f folder) {
		known := slices.ContainsFunc(s.spaces, func(one space) bool { return one.Folder == name })
		if f.FreeSpace.Pointer() != nil && !known && len(s.spaces) < maxLibraries {
			s.spaces = append(s.spaces, space{Folder: name, Free: *f.FreeSpace.Pointer(), Used: f.UsedSpace.Or(0)})
		}
	}
	add("data", said.ProgramDataFolder)
	add("cache", said.CacheFolder)
	add("logs", said.LogFolder)
	add("metadata", said.InternalMetadataFolder)
	add("transcodes", said.TranscodingTempFolder)
	for _, l := range said.Libraries {
		for _, f := range l.Folders {
			add(plugin.Shorten(f.Path, 120), f)
		}
	}
	return nil
}

// keyFailures is where it is kept how many logins were refused.
const keyFailures = "failures"

// failures are refused logins since watching began.
type failures struct {
	Count int64     `json:"count"`
	Until time.Time `json:"until"`
}

// countFailures counts refused logins of Jellyfin's activity log since the last
// time.
func (c *collector) countFailures(ctx context.Context, f *found) error {
	sum, known := plugin.Recall[failures](c.host.State, keyFailures)
	if !known {
		sum.Until = c.host.Now().UTC()
	}
	since := sum.Until
	path := "/System/ActivityLog/Entries?limit=100&minDate=" + url.QueryEscape(since.Format(time.RFC3339Nano))
	_, err := each(ctx, c, path, "Items", func(one struct {
		Type string
		Date time.Time
	},
	) {
		if !one.Date.After(since) {
			return
		}
		if one.Date.After(sum.Until) {
			sum.Until = one.Date.UTC()
		}
		if one.Type == "AuthenticationFailed" && known {
			sum.Count++
		}
	})
	if err != nil {
		return err
	}
	f.failures = &sum.Count
	return plugin.Keep(c.host.State, keyFailures, sum)
}
