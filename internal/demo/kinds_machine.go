package demo

import (
	"math"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

const (
	kilo = 1e3
	mega = 1e6
	giga = 1e9
	tera = 1e12
)

func machines() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_machine", Name: "Machine", Category: plugin.System, Icon: "cpu", Interval: 10 * time.Second,
			Summary: "Processor, memory, disks and network of a machine.",
			Metrics: []metric.Definition{
				gauge("machine_cpu_usage_ratio", metric.Ratio, "Share of all processors that was in use.", "mode"),
				gauge("machine_load1", metric.None, "Processes that ran or waited, over a minute."),
				gauge("machine_memory_used_bytes", metric.Bytes, "Memory that programs use."),
				gauge("machine_memory_cached_bytes", metric.Bytes, "Memory that keeps files."),
				gauge("machine_memory_size_bytes", metric.Bytes, "Memory that there is."),
				counter("machine_network_received_bytes_total", metric.Bytes, "What came in.", "device"),
				counter("machine_network_sent_bytes_total", metric.Bytes, "What went out.", "device"),
				counter("machine_disk_read_bytes_total", metric.Bytes, "What was read.", "device"),
				counter("machine_disk_written_bytes_total", metric.Bytes, "What was written.", "device"),
				gauge("machine_filesystem_usage_ratio", metric.Ratio, "Share of a file system that is full.", "mountpoint"),
				gauge("machine_temperature_celsius", metric.Celsius, "Temperature of the processor."),
				gauge("machine_uptime_seconds", metric.Seconds, "Time since it was switched on."),
			},
			Panels: []plugin.Panel{
				within(panel("Processor", plugin.Stacked, metric.Ratio,
					only(of("machine_cpu_usage_ratio", "programs"), "mode", "user"), only(of("machine_cpu_usage_ratio", "system"), "mode", "system"),
					only(of("machine_cpu_usage_ratio", "waiting for disks"), "mode", "iowait")), 0, 1),
				panel("Memory", plugin.Stacked, metric.Bytes, of("machine_memory_used_bytes", "programs"), of("machine_memory_cached_bytes", "files")),
				panel("Network", plugin.Area, metric.BytesPerSecond, rateOf("machine_network_received_bytes_total", "in"), below(rateOf("machine_network_sent_bytes_total", "out"))),
				levels(within(panel("File systems", plugin.Bar, metric.Ratio, of("machine_filesystem_usage_ratio", "{mountpoint}")), 0, 1), 0.8, 0.9),
				panel("Disks", plugin.Area, metric.BytesPerSecond, rateOf("machine_disk_read_bytes_total", "read"), below(rateOf("machine_disk_written_bytes_total", "written"))),
				levels(panel("Temperature", plugin.Line, metric.Celsius, of("machine_temperature_celsius", "processor")), 75, 90),
				panel("Load", plugin.Line, metric.None, of("machine_load1", "one minute")),
				panel("Running since", plugin.Stat, metric.Seconds, of("machine_uptime_seconds", "uptime")),
			},
			Tables: []plugin.Table{{Title: "Busiest processes", Path: "processes", Columns: []plugin.Column{
				plugin.TextColumn("name", "Name"), plugin.TextColumn("user", "User"), plugin.NumberColumn("cpu", "CPU", metric.Cores), plugin.NumberColumn("memory", "Memory", metric.Bytes),
			}}},
			Rules: []plugin.Rule{
				rule("filesystem_full", "File system nearly full", "machine_filesystem_usage_ratio > 0.9", plugin.Critical, "{{.Labels.mountpoint}} is full to {{.Value}}."),
				rule("hot", "Processor is hot", "machine_temperature_celsius > 90", plugin.Warning, "The processor has {{.Value}} °C."),
			},
		}),
		lines:    machineLines,
		document: machineDocument,
	}
}

func machineLines(t thing) []line {
	device := "eth0"
	cores, ram := t.grown(4, 8, 16), t.grown(4, 32, 64)*giga
	by, evening := t.booted(), daily(t.clock(21))
	busy := restless(t.of("cpu")).plus(evening.times(0.35)).plus(peaks(t.of("jobs"), 5*hour).times(1.6))
	user := between(0.02, 0.78, busy.plus(always(-0.75))).rounded(4)
	used := between(0.35*ram, 0.72*ram, smooth(t.of("memory"), 9*hour), evening.times(0.3), restless(t.of("little")).times(0.05)).steps(4096)
	lines := []line{
		{"machine_cpu_usage_ratio", user, []string{"mode", "user"}},
		{"machine_cpu_usage_ratio", between(0.01, 0.13, busy.times(0.6).plus(always(-0.4))).rounded(4), []string{"mode", "system"}},
		{"machine_cpu_usage_ratio", between(0, 0.09, restless(t.of("io")).plus(peaks(t.of("copy"), 4*hour).times(2)).plus(always(-1.1))).rounded(4), []string{"mode", "iowait"}},
		{"machine_load1", func(at float64) float64 { return cores * 1.15 * user(at) }, nil},
		{"machine_memory_used_bytes", used, nil},
		{"machine_memory_cached_bytes", between(0.12*ram, 0.26*ram, smooth(t.of("cache"), 4*hour)).steps(4096), nil},
		{"machine_memory_size_bytes", always(ram), nil},
		{"machine_temperature_celsius", between(36, 74, busy.times(0.7).plus(always(-0.3))).rounded(1), nil},
		{"machine_uptime_seconds", since(by), nil},
	}
	lines[3].value = lines[3].value.rounded(2)
	in, out := total(t.of("in"), by, t.grown(40, 900, 2600)*kilo, t.clock(20)), total(t.of("out"), by, t.grown(25, 500, 3100)*kilo, t.clock(21))
	lines = append(lines,
		line{"machine_network_received_bytes_total", join(in, heaps(t.of("fetched"), by, 3*hour, t.grown(0.2, 3, 9)*giga)), []string{"device", device}},
		line{"machine_network_sent_bytes_total", join(out, heaps(t.of("given"), by, 4*hour, t.grown(0.1, 4, 14)*giga)), []string{"device", device}},
		line{"machine_disk_read_bytes_total", join(total(t.of("read"), by, t.grown(60, 400, 2400)*kilo, t.clock(20)), heaps(t.of("scan"), by, 5*hour, t.grown(1, 9, 60)*giga)), []string{"device", "nvme0n1"}},
		line{"machine_disk_written_bytes_total", join(total(t.of("write"), by, t.grown(30, 260, 900)*kilo, t.clock(21)), heaps(t.of("stored"), by, 6*hour, t.grown(0.5, 5, 30)*giga)), []string{"device", "nvme0n1"}},
	)
	for _, each := range mounts(t) {
		lines = append(lines, line{"machine_filesystem_usage_ratio", each.full, []string{"mountpoint", each.name}})
	}
	return lines
}

// join adds up two counters.
func join(a, b signal) signal { return a.plus(b) }

type mount struct {
	name string
	full signal
}

// mounts are the file systems of a machine. One of the lab's fills up.
func mounts(t thing) []mount {
	slowly := func(name string, from, perDay float64) mount {
		return mount{name, func(at float64) float64 {
			return math.Round(1e4*min(0.985, from+perDay*(at-t.start)/day+0.004*smooth(t.of(name), 5*hour)(at))) / 1e4
		}}
	}
	switch t.Size {
	case "large":
		return []mount{slowly("/", 0.37, 0.0006), slowly("/srv", 0.71, 0.004), slowly("/var/lib", 0.54, 0.002)}
	case "small":
		return []mount{slowly("/", 0.58, 0.003)}
	default:
		return []mount{slowly("/", 0.46, 0.001), slowly("/var/lib", 0.874, 0.011)}
	}
}

type process struct {
	Name   string  `json:"name"`
	User   string  `json:"user"`
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
}

func machineDocument(t thing, at float64) any {
	var list []process
	for _, each := range []struct{ name, user string }{
		{"postgres", "postgres"}, {"jellyfin", "media"}, {"node", "www"}, {"dockerd", "root"}, {"smbd", "root"}, {"python3", "home"}, {"systemd", "root"}, {"sshd", "root"},
	} {
		cpu := between(0, 1.6, restless(t.of(each.name)), always(-0.9))
		memory := between(12*mega, 1.9*giga, smooth(t.of(each.name, "memory"), 6*hour), always(-0.6)).steps(4096)
		list = append(list, process{each.name, each.user, cpu.rounded(3)(at), memory(at)})
	}
	return map[string]any{"processes": list}
}

func drives() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_drives", Name: "Drives", Category: plugin.Storage, Icon: "hard-drive", Interval: 5 * time.Minute,
			Summary: "Health, temperature and wear of the drives of a machine.",
			Metrics: []metric.Definition{
				gauge("drives_temperature_celsius", metric.Celsius, "Temperature of a drive.", "drive"),
				gauge("drives_healthy", metric.Bool, "Whether the drive says that it is well.", "drive"),
				gauge("drives_pending_sectors", metric.None, "Sectors that could not be read and wait to be replaced.", "drive"),
				gauge("drives_wear_ratio", metric.Ratio, "Share of its life that a drive has behind it.", "drive"),
				counter("drives_running_seconds_total", metric.Seconds, "Time that a drive has been on.", "drive"),
			},
			Panels: []plugin.Panel{
				levels(panel("Temperature", plugin.Line, metric.Celsius, of("drives_temperature_celsius", "{drive}")), 48, 55),
				within(levels(panel("Wear", plugin.Bar, metric.Ratio, of("drives_wear_ratio", "{drive}")), 0.8, 0.95), 0, 1),
				levels(panel("Pending sectors", plugin.Line, metric.None, of("drives_pending_sectors", "{drive}")), 1, 50),
				levels(panel("Verdict", plugin.Timeline, metric.Bool, of("drives_healthy", "{drive}")), 0.9, 0.5),
			},
			Tables: []plugin.Table{{Title: "Drives", Path: "drives", Columns: []plugin.Column{
				plugin.CodeColumn("drive", "Drive"), plugin.TextColumn("model", "Model"), plugin.NumberColumn("size", "Size", metric.Bytes),
				plugin.StatusColumn("verdict", "Verdict"), plugin.NumberColumn("temperature", "Temperature", metric.Celsius), plugin.DurationColumn("on", "Switched on for"),
			}}},
			Rules: []plugin.Rule{
				rule("drive_failing", "Drive fails", "drives_healthy == 0", plugin.Critical, "{{.Labels.drive}} says that it is failing."),
				rule("pending_sectors", "Sectors cannot be read", "drives_pending_sectors > 0", plugin.Warning, "{{.Labels.drive}} has {{.Value}} sectors that cannot be read."),
			},
		}),
		lines: func(t thing) []line {
			var lines []line
			for _, d := range drivesOf(t) {
				label := []string{"drive", d.Drive}
				lines = append(lines,
					line{"drives_temperature_celsius", d.temperature, label}, line{"drives_healthy", always(1), label},
					line{"drives_pending_sectors", d.pending, label}, line{"drives_wear_ratio", always(d.wear), label},
					line{"drives_running_seconds_total", since(d.made), label})
			}
			return lines
		},
		document: func(t thing, at float64) any {
			list := drivesOf(t)
			for i := range list {
				d := &list[i]
				d.Temperature, d.On, d.Verdict = d.temperature(at), math.Floor(at-d.made), "passed"
				if d.pending(at) > 0 {
					d.Verdict = "warning"
				}
			}
			return map[string]any{"drives": list}
		},
	}
}

type drive struct {
	Drive       string  `json:"drive"`
	Model       string  `json:"model"`
	Size        float64 `json:"size"`
	Verdict     string  `json:"verdict"`
	Temperature float64 `json:"temperature"`
	On          float64 `json:"on"`

	temperature, pending signal
	wear, made           float64
}

func drivesOf(t thing) []drive {
	names := []string{"nvme0", "sda", "sdb", "sdc", "sdd", "sde"}[:int(t.grown(2, 4, 6))]
	list := make([]drive, len(names))
	for i, name := range names {
		s := t.of(name)
		warm := between(31, 42, restless(s), daily(t.clock(17)).times(0.4)).rounded(0)
		list[i] = drive{
			Drive: name, Model: "Spinning Rust 8000", Size: 8 * tera, temperature: warm, pending: always(0),
			wear: math.Round(100*s.between(0.12, 0.46)) / 100, made: t.ago(s.between(200, 1400) * day),
		}
		if name == "nvme0" {
			list[i].Model, list[i].Size = "Quick Chips 990", 2*tera
			list[i].temperature = warm.plus(always(7))
		}
	}
	if t.Size == "large" {
		// One of them begins to go.
		list[3].temperature = list[3].temperature.plus(always(6))
		list[3].pending = func(at float64) float64 { return max(0, math.Floor((at-t.ago(2.3*day))/(7*hour))) }
	}
	return list
}

func pools() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_pool", Name: "Storage pool", Category: plugin.Storage, Icon: "layers", Interval: time.Minute,
			Summary: "Room, redundancy and traffic of a pool of drives.",
			Metrics: []metric.Definition{
				gauge("pool_usage_ratio", metric.Ratio, "Share of the pool that is full."),
				gauge("pool_used_bytes", metric.Bytes, "Room that is taken.", "dataset"),
				gauge("pool_online", metric.Bool, "Whether every drive of the pool is there."),
				gauge("pool_fragmentation_ratio", metric.Ratio, "Share of the free room that is in pieces."),
				gauge("pool_cache_hit_ratio", metric.Ratio, "Share of the reads that needed no drive."),
				counter("pool_read_bytes_total", metric.Bytes, "What was read."),
				counter("pool_written_bytes_total", metric.Bytes, "What was written."),
			},
			Panels: []plugin.Panel{
				within(levels(panel("Full", plugin.Gauge, metric.Ratio, of("pool_usage_ratio", "full")), 0.8, 0.9), 0, 1),
				panel("Traffic", plugin.Area, metric.BytesPerSecond, rateOf("pool_read_bytes_total", "read"), below(rateOf("pool_written_bytes_total", "written"))),
				panel("What takes the room", plugin.Stacked, metric.Bytes, of("pool_used_bytes", "{dataset}")),
				within(panel("Answered from the cache", plugin.Line, metric.Ratio, of("pool_cache_hit_ratio", "hits")), 0, 1),
				levels(panel("State", plugin.Timeline, metric.Bool, of("pool_online", "complete")), 0.9, 0.5),
			},
			Tables: []plugin.Table{{Title: "Datasets", Path: "datasets", Columns: []plugin.Column{
				plugin.CodeColumn("name", "Dataset"), plugin.NumberColumn("used", "Used", metric.Bytes), plugin.NumberColumn("snapshots", "Snapshots", metric.None),
			}}},
			Rules: []plugin.Rule{rule("pool_full", "Pool nearly full", "pool_usage_ratio > 0.9", plugin.Critical, "The pool is full to {{.Value}}.")},
		}),
		lines: func(t thing) []line {
			size := t.grown(4, 16, 48) * tera
			lines := []line{
				{"pool_usage_ratio", func(at float64) float64 {
					sum := 0.0
					for _, each := range datasets(t) {
						sum += each.used(at)
					}
					return math.Round(1e4*sum/size) / 1e4
				}, nil},
				{"pool_online", always(1), nil},
				{"pool_fragmentation_ratio", always(math.Round(100*t.of("pieces").between(0.04, 0.22)) / 100), nil},
				{"pool_cache_hit_ratio", between(0.82, 0.995, restless(t.of("cache")), always(0.4)).rounded(4), nil},
				{"pool_read_bytes_total", join(total(t.of("read"), t.booted(), t.grown(0.2, 2, 9)*mega, t.clock(21)), heaps(t.of("scrub"), t.booted(), 7*hour, size/400)), nil},
				{"pool_written_bytes_total", join(total(t.of("write"), t.booted(), t.grown(0.1, 0.8, 3)*mega, t.clock(3)), heaps(t.of("copy"), t.booted(), day, size/900)), nil},
			}
			for _, each := range datasets(t) {
				lines = append(lines, line{"pool_used_bytes", each.used, []string{"dataset", each.Name}})
			}
			return lines
		},
		document: func(t thing, at float64) any {
			list := datasets(t)
			for i := range list {
				list[i].Used = list[i].used(at)
			}
			return map[string]any{"datasets": list}
		},
	}
}

type dataset struct {
	Name      string  `json:"name"`
	Used      float64 `json:"used"`
	Snapshots int     `json:"snapshots"`

	used signal
}

func datasets(t thing) []dataset {
	size := t.grown(4, 16, 48) * tera
	var list []dataset
	for _, each := range []named{{"media", 0.41}, {"backups", 0.17}, {"photos", 0.09}, {"machines", 0.06}, {"home", 0.04}} {
		used := each.value * size
		grows := smooth(t.of(each.name), 9*hour)
		list = append(list, dataset{Name: each.name, Snapshots: int(t.of(each.name).between(12, 64)), used: func(at float64) float64 {
			return math.Round((used+0.004*used*(at-t.start)/day+0.002*used*grows(at))/mega) * mega
		}})
	}
	return list
}
