package gameserver

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "game_server_monitor", Name: "Game server", Category: plugin.Application, Icon: "gamepad-2",
		Summary: "Minecraft, Source and Steam games, Quake 3 and its kin: whether the server answers, and who plays.",
		Description: "Asks a game server what its players see in the list of servers: title, map, version, how many play and how many have room, " +
			"and how fast it answers. A server that is away is a finding with a reason. Minecraft's remote console can be asked for the ticks per second.",
		Tags: []string{
			"game", "minecraft", "bedrock", "steam", "source", "a2s", "valheim", "counter-strike", "rust", "palworld", "ark",
			"quake", "openarena", "xonotic", "rcon",
		},
		Interval: time.Minute, Timeout: 30 * time.Second,
		Rights:  plugin.Rights{Network: true, Notes: "Asking needs no login; only the remote console of Minecraft has a password."},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
	}
	return []metric.Definition{
		gauge("game_server_online", metric.Bool, "1 while the server answers the query and the answer makes sense."),
		gauge("game_server_info", metric.None, "Always 1; its labels say what server it is.", "protocol", "game", "version"),
		gauge("game_server_response_seconds", metric.Seconds, "Time from the question to the answer; absent where the question had to be repeated."),
		gauge("game_server_players_online", metric.None, "Players as the server counts them; most count bots as well."),
		gauge("game_server_players_max", metric.None, "Players that the server has room for."),
		gauge("game_server_players_ratio", metric.Ratio, "Part of the room that is taken."),
		gauge("game_server_bots", metric.None, "Players that are bots."),
		gauge("game_server_password_required", metric.Bool, "1 while players need a password."),
		gauge("game_server_vac_secured", metric.Bool, "1 while Valve Anti-Cheat is on."),
		gauge("game_server_tick_rate_hertz", metric.Hertz, "Ticks per second of a Minecraft server, a mean over the window; 20 is full speed.", "window"),
		{
			Name: "game_server_query_failures_total", Kind: metric.Counter, Labels: []string{"reason"},
			Help: "Queries without a usable answer since the source was started, by reason.",
		},
	}
}

// panels are what a person looks at: the first three first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Players", Kind: plugin.Area, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "game_server_players_online", Legend: "players"},
				{Metric: "game_server_bots", Legend: "of them bots"},
			},
		},
		{
			Title: "Online", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "game_server_online", Legend: "online"}},
		},
		{
			Title: "Response time", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "game_server_response_seconds", Legend: "response"}},
			Help:    "From the question to the answer. A server that cannot keep up with its game answers late.",
		},
		{
			Title: "Room taken", Kind: plugin.Gauge, Unit: metric.Ratio, Min: zero, Max: plugin.Bound(1), Warning: plugin.Bound(0.95),
			Queries: []plugin.Query{{Metric: "game_server_players_ratio", Legend: "taken"}},
		},
		{
			Title: "Ticks per second", Kind: plugin.Line, Unit: metric.Hertz, Min: zero, Max: plugin.Bound(20), Warning: plugin.Bound(18), Critical: plugin.Bound(15),
			Queries: []plugin.Query{{Metric: "game_server_tick_rate_hertz", Legend: "{window}"}},
			Help:    "A Minecraft server does 20 a second while it keeps up; with fewer everything in the world is slower.",
		},
		{
			Title: "Queries without an answer per second", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "game_server_query_failures_total", Rate: true, Legend: "{reason}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, amount := plugin.TextColumn, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Server", Path: "servers", Columns: []plugin.Column{
			text("title", "Title"), plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{statusOnline}, Critical: []string{statusOffline}}), text("game", "Game"), text("version", "Version"), text("map", "Map"), text("mode", "Mode"),
			amount("players", "Players", metric.None), amount("max", "Room", metric.None), plugin.CodeColumn("address", "Address"),
			plugin.TimeColumn("last_seen", "Last answer"), text("error", "Why not"), text("hint", "What to do"),
		}},
		{Title: "Players", Path: "players_list", Empty: "Nobody plays, or the server does not tell who.", Columns: []plugin.Column{
			text("name", "Player"), amount("score", "Score", metric.None), plugin.DurationColumn("seconds", "Plays for"),
			amount("ping_seconds", "Ping", metric.Seconds), plugin.FlagColumn("bot", "Bot"),
		}},
		{Title: "Mods", Path: "mods", Empty: "The server names no mods.", Columns: []plugin.Column{
			plugin.CodeColumn("name", "Mod"), text("version", "Version"),
		}},
	}
}

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "game_server_offline", Name: "Game server offline", Severity: plugin.Warning, For: 3 * minute,
			Expr:    `game_server_online == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's page says why, and when it answered last.",
		},
		{
			ID: "game_server_full", Name: "Game server full", Severity: plugin.Info, For: 10 * minute,
			Expr:    `game_server_players_ratio >= 0.95`,
			Summary: "{{.Labels.source}} has hardly room for another player.",
		},
		{
			ID: "game_server_ticks_slow", Name: "Game server cannot keep up", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `game_server_tick_rate_hertz{window=~"5m|5s"} < 15`,
			Summary: "{{.Labels.source}} does {{.Value}} ticks a second in place of 20.",
			Hint:    "Look for what is expensive in its world (entities, farms, view distance), and at the machine's processor.",
		},
		{
			ID: "game_server_slow", Name: "Game server answers late", Severity: plugin.Info, For: 10 * minute,
			Expr:    `game_server_response_seconds > 0.5`,
			Summary: "{{.Labels.source}} takes {{.Value}} s to answer.",
		},
	}
}
