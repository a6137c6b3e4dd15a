package demo

import (
	"math"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func routers() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_router", Name: "Router", Category: plugin.Network, Icon: "router", Interval: 10 * time.Second,
			Summary: "The way to the internet: traffic, delay and losses.",
			Metrics: []metric.Definition{
				counter("router_received_bytes_total", metric.Bytes, "What came in from the internet."),
				counter("router_sent_bytes_total", metric.Bytes, "What went out to the internet."),
				gauge("router_delay_seconds", metric.Seconds, "Time to the provider and back."),
				gauge("router_loss_ratio", metric.Ratio, "Share of the packets that got lost."),
				gauge("router_connections", metric.None, "Connections that are open."),
				gauge("router_online", metric.Bool, "Whether the internet can be reached."),
			},
			Panels: []plugin.Panel{
				panel("Internet", plugin.Area, metric.BytesPerSecond, rateOf("router_received_bytes_total", "down"), below(rateOf("router_sent_bytes_total", "up"))),
				levels(panel("Delay", plugin.Line, metric.Seconds, of("router_delay_seconds", "to the provider")), 0.05, 0.2),
				panel("Connections", plugin.Line, metric.None, of("router_connections", "open")),
				levels(panel("Losses", plugin.Line, metric.Ratio, of("router_loss_ratio", "lost")), 0.02, 0.1),
				levels(panel("Online", plugin.Timeline, metric.Bool, of("router_online", "internet")), 0.9, 0.5),
			},
			Rules: []plugin.Rule{rule("offline", "The internet is away", "router_online == 0", plugin.Critical, "The internet cannot be reached.")},
		}),
		lines: func(t thing) []line {
			from, to := t.ago(38*hour), t.ago(38*hour-9*minute)
			by, evening := t.booted(), daily(t.clock(20.5))
			return []line{
				{"router_received_bytes_total", join(total(t.of("in"), by, 2.1*mega, t.clock(20.5)), heaps(t.of("films"), by, 2.5*hour, 14*giga)), nil},
				{"router_sent_bytes_total", join(total(t.of("out"), by, 0.5*mega, t.clock(20)), heaps(t.of("backup"), by, 8*hour, 9*giga)), nil},
				{"router_delay_seconds", between(0.007, 0.048, restless(t.of("delay")), evening.times(0.4), peaks(t.of("full"), 3*hour).times(1.2), always(-1)).rounded(5), nil},
				{"router_loss_ratio", during(from, to, always(1), func(at float64) float64 {
					return max(0, math.Round(1e3*(0.02*peaks(t.of("full"), 3*hour)(at)-0.008))/1e3)
				}), nil},
				{"router_connections", between(140, 1900, restless(t.of("open")), evening.times(0.5), always(-0.4)).rounded(0), nil},
				{"router_online", during(from, to, always(0), always(1)), nil},
			}
		},
	}
}

func accessPoints() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_access_point", Name: "Access point", Category: plugin.Network, Icon: "wifi", Interval: time.Minute,
			Summary: "Who is in the wireless network, and how well they are heard.",
			Metrics: []metric.Definition{
				gauge("wireless_clients", metric.None, "Devices in a band.", "band"),
				gauge("wireless_busy_ratio", metric.Ratio, "Share of the time that a channel is in use.", "band"),
				gauge("wireless_signal_dbm", metric.DecibelMilliwatts, "How well a device is heard.", "device"),
			},
			Panels: []plugin.Panel{
				panel("Devices", plugin.Stacked, metric.None, of("wireless_clients", "{band}")),
				within(panel("Channels in use", plugin.Line, metric.Ratio, of("wireless_busy_ratio", "{band}")), 0, 1),
				panel("Signal", plugin.Line, metric.DecibelMilliwatts, of("wireless_signal_dbm", "{device}")),
			},
			Tables: []plugin.Table{{Title: "Devices", Path: "devices", Columns: []plugin.Column{
				plugin.TextColumn("name", "Device"), plugin.CodeColumn("address", "Address"), plugin.TextColumn("band", "Band"), plugin.NumberColumn("signal", "Signal", metric.DecibelMilliwatts),
			}}},
		}),
		lines: func(t thing) []line {
			var lines []line
			for _, band := range []named{{"2.4 GHz", 14}, {"5 GHz", 22}, {"6 GHz", 7}} {
				label, s := []string{"band", band.name}, t.of(band.name)
				lines = append(lines,
					line{"wireless_clients", between(1, band.value, restless(s), daily(t.clock(20)).times(0.7)).rounded(0), label},
					line{"wireless_busy_ratio", between(0.02, 0.8, restless(s.and(7)), daily(t.clock(20)).times(0.4), always(-0.8)).rounded(3), label})
			}
			for _, each := range airDevices(t) {
				lines = append(lines, line{"wireless_signal_dbm", each.signal, []string{"device", each.Name}})
			}
			return lines
		},
		document: func(t thing, at float64) any {
			list := airDevices(t)
			for i := range list {
				list[i].Signal = list[i].signal(at)
			}
			return map[string]any{"devices": list}
		},
	}
}

type airDevice struct {
	Name    string  `json:"name"`
	Address string  `json:"address"`
	Band    string  `json:"band"`
	Signal  float64 `json:"signal"`

	signal signal
}

func airDevices(t thing) []airDevice {
	list := []airDevice{
		{Name: "phone-anna", Address: "192.168.1.101", Band: "6 GHz"},
		{Name: "laptop-ben", Address: "192.168.1.102", Band: "5 GHz"},
		{Name: "television", Address: "192.168.1.110", Band: "5 GHz"},
		{Name: "vacuum", Address: "192.168.1.131", Band: "2.4 GHz"},
		{Name: "doorbell", Address: "192.168.1.132", Band: "2.4 GHz"},
	}
	for i := range list {
		middle := t.of(list[i].Name).between(-72, -48)
		list[i].signal = between(middle-9, middle+9, restless(t.of(list[i].Name, "signal"))).rounded(0)
	}
	return list
}

func tunnels() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_tunnel", Name: "Tunnel", Category: plugin.Security, Icon: "shield-check", Interval: time.Minute,
			Summary: "Who is connected from outside, since when, and how much they send.",
			Metrics: []metric.Definition{
				counter("tunnel_received_bytes_total", metric.Bytes, "What came in from a peer.", "peer"),
				counter("tunnel_sent_bytes_total", metric.Bytes, "What went out to a peer.", "peer"),
				gauge("tunnel_connected", metric.Bool, "Whether a peer was heard lately.", "peer"),
			},
			Panels: []plugin.Panel{
				panel("Traffic", plugin.Area, metric.BytesPerSecond, rateOf("tunnel_received_bytes_total", "{peer} in"), below(rateOf("tunnel_sent_bytes_total", "{peer} out"))),
				panel("Connected", plugin.Timeline, metric.Bool, of("tunnel_connected", "{peer}")),
			},
		}),
		lines: func(t thing) []line {
			var lines []line
			for _, peer := range []string{"offsite", "phone-anna", "laptop-ben"} {
				label, s := []string{"peer", peer}, t.of(peer)
				out := peaks(s, 9*hour)
				there := signal(func(at float64) float64 {
					if peer == "offsite" || out(at) > 0 {
						return 1
					}
					return 0
				})
				lines = append(lines,
					line{"tunnel_received_bytes_total", join(total(s, t.booted(), 20*kilo, t.clock(18)), heaps(s.and(1), t.booted(), 9*hour, 0.8*giga)), label},
					line{"tunnel_sent_bytes_total", join(total(s.and(2), t.booted(), 40*kilo, t.clock(18)), heaps(s.and(3), t.booted(), 9*hour, 1.7*giga)), label},
					line{"tunnel_connected", there, label})
			}
			return lines
		},
	}
}

func resolvers() kind {
	return kind{
		manifest: describe(plugin.Manifest{
			ID: "demo_resolver", Name: "Name server", Category: plugin.Network, Icon: "waypoints", Interval: time.Minute,
			Summary: "Which names are asked for, how many are blocked, and how fast they are answered.",
			Metrics: []metric.Definition{
				counter("resolver_queries_total", metric.None, "Questions by what became of them.", "result"),
				gauge("resolver_blocked_ratio", metric.Ratio, "Share of the questions of this day that were blocked."),
				gauge("resolver_answer_seconds", metric.Seconds, "Time to an answer on average."),
				gauge("resolver_clients", metric.None, "Devices that asked within a day."),
			},
			Panels: []plugin.Panel{
				panel("Questions", plugin.Stacked, metric.None, rateOf("resolver_queries_total", "{result}")),
				within(panel("Blocked", plugin.Gauge, metric.Ratio, of("resolver_blocked_ratio", "blocked")), 0, 1),
				levels(panel("Time to an answer", plugin.Line, metric.Seconds, of("resolver_answer_seconds", "average")), 0.1, 0.5),
				panel("Devices", plugin.Stat, metric.None, of("resolver_clients", "devices")),
			},
			Tables: []plugin.Table{{Title: "Most asked for", Path: "names", Columns: []plugin.Column{
				plugin.CodeColumn("name", "Name"), plugin.NumberColumn("count", "Questions", metric.None), plugin.StatusColumn("result", "Result"),
			}}},
		}),
		lines: func(t thing) []line {
			var lines []line
			for _, result := range []named{{"forwarded", 2.1}, {"from the cache", 3.4}, {"blocked", 1.1}} {
				lines = append(lines, line{"resolver_queries_total", join(total(t.of(result.name), t.booted(), result.value, t.clock(19)), heaps(t.of(result.name, "many"), t.booted(), 4*hour, 2600*result.value)), []string{"result", result.name}})
			}
			return append(lines,
				line{"resolver_blocked_ratio", between(0.12, 0.24, smooth(t.of("blocked"), 5*hour), daily(t.clock(16)).times(0.5)).rounded(4), nil},
				line{"resolver_answer_seconds", between(0.004, 0.07, restless(t.of("fast")), always(-0.9)).rounded(4), nil},
				line{"resolver_clients", between(29, 41, smooth(t.of("clients"), 8*hour)).rounded(0), nil})
		},
		document: func(t thing, at float64) any {
			type name struct {
				Name   string  `json:"name"`
				Count  float64 `json:"count"`
				Result string  `json:"result"`
			}
			var list []name
			for i, each := range []string{"ntp.example.org", "api.weather.example", "telemetry.television.example", "photos.home.example", "ads.example.net", "updates.example.com"} {
				result := "ok"
				if i == 2 || i == 4 {
					result = "blocked"
				}
				list = append(list, name{each, math.Round(between(120, 4100, smooth(t.of(each), 6*hour))(at)), result})
			}
			return map[string]any{"names": list}
		},
	}
}
