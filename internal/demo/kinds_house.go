package demo

import (
	"math"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func supplies() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_ups", Name: "Battery supply", Category: plugin.Power, Icon: "battery-charging", Interval: 30 * time.Second,
			Summary: "Load, charge and input of an uninterruptible power supply.",
			Metrics: []metric.Definition{
				gauge("ups_load_watts", metric.Watts, "Power that is drawn from it."),
				gauge("ups_charge_ratio", metric.Ratio, "Charge of the battery."),
				gauge("ups_runtime_seconds", metric.Seconds, "How long the battery would last."),
				gauge("ups_input_volts", metric.Volts, "What comes from the wall."),
				gauge("ups_on_mains", metric.Bool, "Whether there is power from the wall."),
			},
			Panels: []plugin.Panel{
				panel("Load", plugin.Area, metric.Watts, of("ups_load_watts", "load")),
				within(levels(panel("Charge", plugin.Gauge, metric.Ratio, of("ups_charge_ratio", "charge")), 0.5, 0.2), 0, 1),
				panel("Would last", plugin.Stat, metric.Seconds, of("ups_runtime_seconds", "battery")),
				panel("Input", plugin.Line, metric.Volts, of("ups_input_volts", "wall")),
				levels(panel("Mains", plugin.Timeline, metric.Bool, of("ups_on_mains", "wall")), 0.9, 0.5),
			},
			Rules: []plugin.Rule{rule("on_battery", "Runs on battery", "ups_on_mains == 0", plugin.Critical, "There is no power from the wall.")},
		}),
		lines: func(t thing) []line {
			cut := t.ago(powerCut)
			back := cut + 7*minute
			watts := t.grown(60, 140, 260)
			load := between(0.75*watts, 1.5*watts, restless(t.of("load")), daily(t.clock(20)).times(0.4)).rounded(0)
			charge := signal(func(at float64) float64 {
				switch {
				case at < cut || at > back+2*hour:
					return 1
				case at < back:
					return math.Round(1e3*(1-0.34*(at-cut)/(back-cut))) / 1e3
				default:
					return math.Round(1e3*(0.66+0.34*(at-back)/(2*hour))) / 1e3
				}
			})
			return []line{
				{"ups_load_watts", load, nil},
				{"ups_charge_ratio", charge, nil},
				{"ups_runtime_seconds", signal(func(at float64) float64 { return charge(at) * 1980 * watts / load(at) }).rounded(0), nil},
				{"ups_input_volts", during(cut, back, always(0), between(226, 236, restless(t.of("volts"))).rounded(1)), nil},
				{"ups_on_mains", during(cut, back, always(0), always(1)), nil},
			}
		},
	}
}

// powerCut is how long before the demo there was no power for a few minutes.
const powerCut = 2*day + 5*hour

func rooms() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_rooms", Name: "Rooms", Category: plugin.IoT, Icon: "thermometer", Interval: time.Minute,
			Summary: "Temperature, humidity and air of the rooms of a house.",
			Metrics: []metric.Definition{
				gauge("rooms_temperature_celsius", metric.Celsius, "Temperature of a room.", "room"),
				gauge("rooms_humidity_ratio", metric.Ratio, "Relative humidity of a room.", "room"),
				gauge("rooms_battery_ratio", metric.Ratio, "Charge of the battery of a sensor.", "room"),
			},
			Panels: []plugin.Panel{
				panel("Temperature", plugin.Line, metric.Celsius, of("rooms_temperature_celsius", "{room}")),
				within(panel("Humidity", plugin.Line, metric.Ratio, of("rooms_humidity_ratio", "{room}")), 0, 1),
				within(levels(panel("Batteries", plugin.Bar, metric.Ratio, of("rooms_battery_ratio", "{room}")), 0.3, 0.1), 0, 1),
			},
		}),
		lines: func(t thing) []line {
			var lines []line
			inside := []named{{"living room", 21.4}, {"bedroom", 18.6}, {"kitchen", 21.9}, {"bathroom", 22.6}, {"office", 22.1}}
			if t.Size == "small" {
				inside = []named{{"garden", 9}, {"greenhouse", 15}, {"cellar", 13.4}}
			}
			for _, room := range inside {
				label, s := []string{"room", room.name}, t.of(room.name)
				swing := 1.3
				if room.name == "garden" || room.name == "greenhouse" {
					swing = 6
				}
				lines = append(lines,
					line{"rooms_temperature_celsius", daily(t.clock(16)).times(0.55 * swing).plus(smooth(s, 3*hour).times(0.7 * swing)).plus(smooth(s.and(4), 14*minute).times(0.25)).plus(always(room.value)).rounded(1), label},
					line{"rooms_humidity_ratio", between(0.38, 0.68, smooth(s.and(1), 2*hour), restless(s.and(5)).times(0.3)).rounded(3), label},
					line{"rooms_battery_ratio", signal(func(at float64) float64 { return max(0.04, s.and(3).between(0.2, 1)-0.004*(at-t.start)/day) }).rounded(2), label})
			}
			return lines
		},
	}
}

func roofs() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_solar", Name: "Solar inverter", Category: plugin.IoT, Icon: "zap", Interval: 30 * time.Second,
			Summary: "What the sun gives, what the house takes, and what goes to the grid.",
			Metrics: []metric.Definition{
				gauge("solar_power_watts", metric.Watts, "Power by where it comes from or goes.", "flow"),
				counter("solar_energy_joules_total", metric.Joules, "Energy that was harvested."),
				gauge("solar_battery_ratio", metric.Ratio, "Charge of the house's battery."),
			},
			Panels: []plugin.Panel{
				panel("Power", plugin.Area, metric.Watts, only(of("solar_power_watts", "sun"), "flow", "sun"), below(only(of("solar_power_watts", "house"), "flow", "house"))),
				within(panel("Battery", plugin.Gauge, metric.Ratio, of("solar_battery_ratio", "charge")), 0, 1),
				panel("Harvest", plugin.Line, metric.Watts, rateOf("solar_energy_joules_total", "average")),
			},
		}),
		lines: func(t thing) []line {
			clouds := between(0.15, 1, smooth(t.of("weather"), 7*hour), restless(t.of("clouds")).times(0.8), always(0.7))
			sun := signal(func(at float64) float64 { return 7600 * math.Pow(max(0, daily(t.clock(12.7))(at)), 1.4) * clouds(at) }).rounded(0)
			house := between(210, 4300, restless(t.of("house")), peaks(t.of("oven"), 4*hour).times(1.4), daily(t.clock(19)).times(0.5), always(-1.3)).rounded(0)
			return []line{
				{"solar_power_watts", sun, []string{"flow", "sun"}},
				{"solar_power_watts", house, []string{"flow", "house"}},
				{"solar_energy_joules_total", total(t.of("energy"), t.booted(), 900, t.clock(12.7)), nil},
				{"solar_battery_ratio", between(0.08, 1, daily(t.clock(16)).times(1.1), smooth(t.of("battery"), 5*hour).times(0.5)).rounded(3), nil},
			}
		},
	}
}

func backups() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_backup", Name: "Backup", Category: plugin.Backup, Icon: "database-backup", Interval: 5 * time.Minute,
			Summary: "When the last backup was made, how long it took, and how big it is.",
			Metrics: []metric.Definition{
				gauge("backup_last_timestamp_seconds", metric.TimestampSeconds, "When the last backup was complete."),
				gauge("backup_age_seconds", metric.Seconds, "How old the last backup is."),
				gauge("backup_size_bytes", metric.Bytes, "Room that all backups take."),
				gauge("backup_duration_seconds", metric.Seconds, "How long the last backup took."),
			},
			Panels: []plugin.Panel{
				levels(panel("Age", plugin.Area, metric.Seconds, of("backup_age_seconds", "age")), 1.5*day, 3*day),
				panel("Last", plugin.Stat, metric.TimestampSeconds, of("backup_last_timestamp_seconds", "complete")),
				panel("Size", plugin.Line, metric.Bytes, of("backup_size_bytes", "all backups")),
				panel("Took", plugin.Line, metric.Seconds, of("backup_duration_seconds", "last backup")),
			},
			Tables: []plugin.Table{{Title: "Backups", Path: "backups", Columns: []plugin.Column{
				plugin.CodeColumn("name", "Name"), plugin.TimeColumn("time", "Complete"), plugin.NumberColumn("size", "Added", metric.Bytes), plugin.StatusColumn("result", "Result"),
			}}},
			Rules: []plugin.Rule{rule("old", "Backup is old", "backup_age_seconds > 2*86400", plugin.Warning, "The last backup is {{.Value}} s old.")},
		}),
		lines: func(t thing) []line {
			size := t.grown(40, 420, 3100) * giga
			last := t.lastBackup
			return []line{
				{"backup_last_timestamp_seconds", last, nil},
				{"backup_age_seconds", func(at float64) float64 { return at - last(at) }, nil},
				{"backup_size_bytes", signal(func(at float64) float64 { return size * (1 + 0.004*(last(at)-t.start)/day) }).steps(mega), nil},
				{"backup_duration_seconds", func(at float64) float64 {
					return math.Round(size / giga * (1.6 + smooth(t.of("took"), 17*hour)(last(at))))
				}, nil},
			}
		},
		document: func(t thing, at float64) any {
			type backup struct {
				Name   string  `json:"name"`
				Time   float64 `json:"time"`
				Size   float64 `json:"size"`
				Result string  `json:"result"`
			}
			list := make([]backup, 0, 7)
			for n := range 7 {
				made := t.lastBackup(at) - float64(n)*day
				list = append(list, backup{
					Name: time.Unix(int64(made), 0).UTC().Format("2006-01-02"), Time: made, Result: "ok",
					Size: math.Round(t.of("added").and(uint64(made)).between(0.2, 9)*10) / 10 * giga,
				})
			}
			return map[string]any{"backups": list}
		},
		complaint: func(t thing) (string, string) {
			if t.Size == "large" {
				return "the newest backup is 3 days old", "Look into the log of the backup job; the disk it goes to may be full."
			}
			return "", ""
		},
	}
}

// lastBackup is when the last backup before a time was complete: one is made each
// night, but the biggest has not been for three days.
func (t thing) lastBackup(at float64) float64 {
	night := t.of("night").between(1*hour, 5*hour) - t.zone*hour
	last := math.Floor((at-night)/day)*day + math.Floor(night)
	if t.Size == "large" {
		last = min(last, math.Floor((t.ago(3*day)-night)/day)*day+math.Floor(night))
	}
	return last
}
