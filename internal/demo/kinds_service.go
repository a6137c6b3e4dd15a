package demo

import (
	"math"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func containers() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_containers", Name: "Containers", Category: plugin.Container, Icon: "container", Interval: time.Minute,
			Summary: "What runs in containers, and what each of them uses.",
			Metrics: []metric.Definition{
				gauge("containers_running", metric.None, "Containers that run."),
				gauge("containers_cpu_cores", metric.Cores, "Processors that a container keeps busy.", "container"),
				gauge("containers_memory_bytes", metric.Bytes, "Memory of a container.", "container"),
				counter("containers_restarts_total", metric.None, "How often a container was started again.", "container"),
				gauge("containers_healthy", metric.Bool, "Whether a container says that it is well.", "container"),
			},
			Panels: []plugin.Panel{
				panel("Processor", plugin.Stacked, metric.Cores, of("containers_cpu_cores", "{container}")),
				panel("Memory", plugin.Stacked, metric.Bytes, of("containers_memory_bytes", "{container}")),
				panel("Running", plugin.Stat, metric.None, of("containers_running", "running")),
				levels(panel("Health", plugin.Timeline, metric.Bool, of("containers_healthy", "{container}")), 0.9, 0.5),
			},
			Tables: []plugin.Table{{Title: "Containers", Path: "containers", Columns: []plugin.Column{
				plugin.TextColumn("name", "Name"), plugin.StatusColumn("state", "State"), plugin.CodeColumn("image", "Image"), plugin.NumberColumn("cpu", "CPU", metric.Cores),
				plugin.NumberColumn("memory", "Memory", metric.Bytes), plugin.DurationColumn("up", "Running for"),
			}}},
			Rules: []plugin.Rule{rule("unhealthy", "Container is not well", "containers_healthy == 0", plugin.Warning, "{{.Labels.container}} says that it is not well.")},
		}),
		lines: func(t thing) []line {
			list := containersOf(t)
			lines := []line{{"containers_running", always(float64(len(list))), nil}}
			for _, each := range list {
				label := []string{"container", each.Name}
				lines = append(lines, line{"containers_cpu_cores", each.cpu, label}, line{"containers_memory_bytes", each.memory, label},
					line{"containers_restarts_total", each.restarts, label}, line{"containers_healthy", each.healthy, label})
			}
			return lines
		},
		document: func(t thing, at float64) any {
			list := containersOf(t)
			for i := range list {
				c := &list[i]
				c.CPU, c.Memory, c.Up, c.State = c.cpu(at), c.memory(at), math.Floor(at-max(t.booted(), c.started)), "running"
				if c.healthy(at) == 0 {
					c.State = "unhealthy"
				}
			}
			return map[string]any{"containers": list}
		},
	}
}

type box struct {
	Name   string  `json:"name"`
	State  string  `json:"state"`
	Image  string  `json:"image"`
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
	Up     float64 `json:"up"`

	cpu, memory, restarts, healthy signal
	started                        float64
}

func containersOf(t thing) []box {
	list := []box{
		{Name: "home-assistant", Image: "home-assistant:2026.10"},
		{Name: "nextcloud", Image: "nextcloud:32"},
		{Name: "paperless", Image: "paperless-ngx:2.20"},
		{Name: "vaultwarden", Image: "vaultwarden:1.35"},
		{Name: "immich", Image: "immich-server:v2.3"},
		{Name: "gitea", Image: "gitea:1.25"},
		{Name: "grafana", Image: "grafana:12.3"},
		{Name: "mosquitto", Image: "mosquitto:2.0"},
		{Name: "traefik", Image: "traefik:v3.6"},
	}
	if t.Size == "small" {
		list = []box{{Name: "jellyfin", Image: "jellyfin:10.11"}, {Name: "sonarr", Image: "sonarr:4.0"}, {Name: "audiobookshelf", Image: "audiobookshelf:2.30"}, {Name: "navidrome", Image: "navidrome:0.58"}}
	}
	for i := range list {
		c := &list[i]
		s := t.of(c.Name)
		top := s.between(0.1, 0.9)
		c.cpu = between(0.002, top, restless(s), peaks(s.and(1), 4*hour).times(1.5), always(-1.1)).rounded(4)
		size := s.and(2).between(60, 1400) * mega
		c.memory = between(0.7*size, 1.2*size, smooth(s.and(3), 7*hour), restless(s).times(0.1)).steps(4096)
		c.restarts, c.healthy = always(0), always(1)
	}
	if t.Size != "small" {
		// One fell over in the night before last.
		fell := t.ago(27 * hour)
		list[2].started = fell + 4*minute
		list[2].restarts = func(at float64) float64 {
			if at < list[2].started {
				return 0
			}
			return 1
		}
		list[2].healthy = during(fell, list[2].started, always(0), always(1))
	}
	return list
}

func guests() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_guests", Name: "Virtual machines", Category: plugin.Virtualization, Icon: "boxes", Interval: time.Minute,
			Summary: "Virtual machines of a host, and what each of them uses.",
			Metrics: []metric.Definition{
				gauge("guests_cpu_cores", metric.Cores, "Processors that a guest keeps busy.", "guest"),
				gauge("guests_memory_bytes", metric.Bytes, "Memory of a guest.", "guest"),
				gauge("guests_running", metric.Bool, "Whether a guest runs.", "guest"),
			},
			Panels: []plugin.Panel{
				panel("Processor", plugin.Stacked, metric.Cores, of("guests_cpu_cores", "{guest}")),
				panel("Memory", plugin.Stacked, metric.Bytes, of("guests_memory_bytes", "{guest}")),
				panel("Running", plugin.Timeline, metric.Bool, of("guests_running", "{guest}")),
			},
		}),
		lines: func(t thing) []line {
			var lines []line
			for _, guest := range []named{{"firewall", 2}, {"desktop", 8}, {"mail", 4}, {"builds", 16}} {
				label, s := []string{"guest", guest.name}, t.of(guest.name)
				runs := always(1)
				if guest.name == "desktop" {
					runs = func(at float64) float64 { return math.Ceil(peaks(s, day)(at)) }
				}
				cpu := between(0.02, guest.value/3, restless(s), peaks(s.and(1), 5*hour).times(1.4), always(-1))
				lines = append(lines,
					line{"guests_cpu_cores", signal(func(at float64) float64 { return runs(at) * cpu(at) }).rounded(3), label},
					line{"guests_memory_bytes", signal(func(at float64) float64 {
						return runs(at) * guest.value * 0.8 * giga * (0.9 + 0.1*smooth(s, 4*hour)(at))
					}).steps(4096), label},
					line{"guests_running", runs, label})
			}
			return lines
		},
	}
}

func databases() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_database", Name: "Database", Category: plugin.Database, Icon: "database", Interval: time.Minute,
			Summary: "How much a database does, how fast, and how big it gets.",
			Metrics: []metric.Definition{
				counter("database_transactions_total", metric.None, "Transactions by how they ended.", "outcome"),
				gauge("database_connections", metric.None, "Connections by what they do.", "state"),
				gauge("database_cache_hit_ratio", metric.Ratio, "Share of the reads that needed no disk."),
				gauge("database_size_bytes", metric.Bytes, "Room that it takes."),
				gauge("database_slowest_seconds", metric.Seconds, "The longest that a query runs."),
			},
			Panels: []plugin.Panel{
				panel("Transactions", plugin.Line, metric.None, rateOf("database_transactions_total", "{outcome}")),
				panel("Connections", plugin.Stacked, metric.None, of("database_connections", "{state}")),
				within(levels(panel("Answered from memory", plugin.Gauge, metric.Ratio, of("database_cache_hit_ratio", "hits")), 0.9, 0.8), 0, 1),
				panel("Size", plugin.Area, metric.Bytes, of("database_size_bytes", "size")),
				levels(panel("Slowest query", plugin.Line, metric.Seconds, of("database_slowest_seconds", "slowest")), 5, 30),
			},
		}),
		lines: func(t thing) []line {
			rate, size := t.grown(3, 24, 90), t.grown(0.6, 9, 48)*giga
			s := t.of("work")
			return []line{
				{"database_transactions_total", join(total(s, t.booted(), rate, t.clock(20)), heaps(s.and(1), t.booted(), 2*hour, 4000*rate)), []string{"outcome", "committed"}},
				{"database_transactions_total", total(s.and(2), t.booted(), rate/60, t.clock(20)), []string{"outcome", "rolled back"}},
				{"database_connections", between(1, rate/3+3, restless(s.and(3)), always(-0.6)).rounded(0), []string{"state", "active"}},
				{"database_connections", between(4, rate/2+9, smooth(s.and(4), 2*hour)).rounded(0), []string{"state", "idle"}},
				{"database_cache_hit_ratio", between(0.955, 0.999, restless(s.and(5))).rounded(4), nil},
				{"database_size_bytes", signal(func(at float64) float64 { return size * (1 + 0.006*(at-t.start)/day + 0.002*smooth(s, 4*hour)(at)) }).steps(8192), nil},
				{"database_slowest_seconds", between(0.01, 4.2, restless(s.and(6)), peaks(s.and(7), 7*hour).times(2), always(-1.8)).rounded(3), nil},
			}
		},
	}
}

func sites() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_site", Name: "Web service", Category: plugin.Web, Icon: "globe", Interval: time.Minute,
			Summary: "Whether a web service answers, how fast, and how long its certificate is good.",
			Metrics: []metric.Definition{
				gauge("site_answer_seconds", metric.Seconds, "Time to a part of the answer.", "phase"),
				gauge("site_status", metric.None, "Status of the answer."),
				gauge("site_certificate_expires_timestamp_seconds", metric.TimestampSeconds, "When the certificate is not good any more."),
				gauge("site_answer_bytes", metric.Bytes, "Size of the answer."),
			},
			Panels: []plugin.Panel{
				panel("Answer time", plugin.Stacked, metric.Seconds, of("site_answer_seconds", "{phase}")),
				panel("Certificate", plugin.Stat, metric.TimestampSeconds, of("site_certificate_expires_timestamp_seconds", "good until")),
				panel("Status", plugin.Line, metric.None, of("site_status", "status")),
				panel("Size", plugin.Line, metric.Bytes, of("site_answer_bytes", "answer")),
			},
			Rules: []plugin.Rule{
				rule("slow", "Slow answers", `sum(site_answer_seconds) > 2`, plugin.Warning, "It answers within {{.Value}} s."),
				rule("expires", "Certificate ends soon", "site_certificate_expires_timestamp_seconds - time() < 7*86400", plugin.Warning, "The certificate ends soon."),
			},
		}),
		lines: func(t thing) []line {
			var lines []line
			slow := t.of("slow").between(0.6, 3)
			for _, phase := range []named{{"name", 0.004}, {"connection", 0.011}, {"encryption", 0.022}, {"waiting", 0.12}, {"transfer", 0.03}} {
				s := t.of(phase.name)
				lines = append(lines, line{"site_answer_seconds", between(0.3*phase.value*slow, 2.6*phase.value*slow, restless(s), peaks(t.of("busy"), 5*hour).times(1.3), always(-0.8)).rounded(5), []string{"phase", phase.name}})
			}
			return append(lines,
				line{"site_status", always(200), nil},
				line{"site_certificate_expires_timestamp_seconds", always(math.Floor(t.start + t.expires())), nil},
				line{"site_answer_bytes", between(11*kilo, 12.4*kilo, smooth(t.of("size"), 6*hour)).rounded(0), nil})
		},
		complaint: func(t thing) (string, string) {
			if t.expires() < 7*day {
				return "the certificate ends in 5 days", "Look why it is not renewed by itself."
			}
			return "", ""
		},
	}
}

// expires is how long the certificate of a site is good. One of the lab's was
// forgotten.
func (t thing) expires() float64 {
	if t.Size == "small" {
		return 5.4 * day
	}
	return t.of("expires").between(24, 82) * day
}

func players() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_media", Name: "Media server", Category: plugin.Media, Icon: "film", Interval: time.Minute,
			Summary: "Who watches what, and what that asks of the machine.",
			Metrics: []metric.Definition{
				gauge("media_streams", metric.None, "Streams by how they are sent.", "mode"),
				counter("media_sent_bytes_total", metric.Bytes, "What was sent to viewers."),
				gauge("media_items", metric.None, "Items in a library.", "library"),
			},
			Panels: []plugin.Panel{
				panel("Streams", plugin.Stacked, metric.None, of("media_streams", "{mode}")),
				panel("Sent", plugin.Area, metric.BytesPerSecond, rateOf("media_sent_bytes_total", "sent")),
				panel("Libraries", plugin.Bar, metric.None, of("media_items", "{library}")),
			},
			Tables: []plugin.Table{{Title: "Watched now", Path: "streams", Empty: "Nobody watches anything.", Columns: []plugin.Column{
				plugin.TextColumn("who", "Who"), plugin.TextColumn("what", "What"), plugin.TextColumn("device", "Device"), plugin.StatusColumn("mode", "Sent"),
			}}},
		}),
		lines: func(t thing) []line {
			direct, recoded := watching(t, "direct", 3), watching(t, "recoded", 2)
			lines := []line{
				{"media_streams", direct, []string{"mode", "as it is"}},
				{"media_streams", recoded, []string{"mode", "recoded"}},
				{"media_sent_bytes_total", join(total(t.of("idle"), t.booted(), 3*kilo, t.clock(20)), heaps(t.of("sent"), t.booted(), 3*hour, 11*giga)), nil},
			}
			for _, library := range []named{{"Films", 912}, {"Series", 214}, {"Music", 8431}, {"Audiobooks", 187}} {
				lines = append(lines, line{"media_items", signal(func(at float64) float64 { return math.Floor(library.value * (1 + 0.001*(at-t.start)/day)) }), []string{"library", library.name}})
			}
			return lines
		},
		document: func(t thing, at float64) any {
			type stream struct {
				Who    string `json:"who"`
				What   string `json:"what"`
				Device string `json:"device"`
				Mode   string `json:"mode"`
			}
			all := []stream{{"anna", "The Long Way Home", "television", "direct"}, {"ben", "Deep Field, S2 E4", "tablet", "direct"}, {"carla", "Kitchen Stories", "phone", "direct"}}
			list := all[:int(watching(t, "direct", 3)(at))]
			if watching(t, "recoded", 2)(at) > 0 {
				list = append(list, stream{"dora", "Northern Line", "old laptop", "recoded"})
			}
			return map[string]any{"streams": list}
		},
	}
}

// watching is how many streams there are: none in the morning, most in the
// evening.
func watching(t thing, mode string, most float64) signal {
	return between(-0.4, most+0.3, daily(t.clock(20.5)).times(0.9), smooth(t.of(mode), 40*minute), always(-0.9)).rounded(0).atLeast(0)
}
