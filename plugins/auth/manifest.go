package auth

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "auth_monitor", Name: "Logins", Category: plugin.Security, Icon: "key-round",
		Summary: "Who logs in, who tries and fails, what sudo is used for, and whom fail2ban bans.",
		Description: "Reads what sshd, sudo, su, the login program and others log, from files or the journal, and asks fail2ban for its jails. " +
			"Reports the first login over SSH from an address that was never seen, a login after many failures, " +
			"changes of accounts, and bans.",
		Tags: []string{"ssh", "sudo", "fail2ban", "brute force"},
		Rights: plugin.Rights{
			Commands: []string{"journalctl"},
			Paths:    []string{"/var/log", "/run/log/journal"},
			Sockets:  []string{"/var/run/fail2ban/fail2ban.sock", "/run/fail2ban/fail2ban.sock"},
			Notes:    "The user that runs Unity must be able to read the files or the journal; only root may talk to fail2ban, unless that is changed.",
		},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	counter := func(name, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Counter, Labels: labels, Help: help}
	}
	gauge := func(name, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Labels: labels, Help: help}
	}
	return []metric.Definition{
		counter("auth_events_total", "Logins and refusals.", "service", "result", "method"),
		counter("auth_invalid_users_total", "Attempts to log in as a user that does not exist.", "service"),
		counter("auth_scans_total", "Connections to sshd that did not mean to log in."),
		gauge("auth_failures_window", "Failures within the window (time_window).", "service"),
		gauge("auth_successes_window", "Logins within the window (time_window).", "service"),
		gauge("auth_failed_sources", "Addresses that failed within the window; at most 50 are told apart in each tenth of it."),
		gauge("auth_failed_users", "Users that exist and failed within the window; at most 50 are told apart in each tenth of it."),
		gauge("auth_suspicious_sources", "Addresses that failed at least failed_threshold times within the window."),
		gauge("auth_suspicious_users", "Users that failed at least failed_threshold times within the window."),
		counter("auth_success_after_failures_total", "Logins from an address that was suspicious at that moment.", "service"),
		counter("auth_root_logins_total", "Logins as root.", "service"),
		counter("auth_sudo_commands_total", "Commands that sudo ran."),
		counter("auth_sudo_failures_total", "Wrong passwords at sudo, and commands that it refused."),
		counter("auth_account_changes_total", "Users and groups made, changed and deleted, and passwords changed.", "kind"),
		gauge("auth_known_addresses", "Addresses from which somebody logged in over SSH, as far as they are remembered; at most 1,000 are."),
		{Name: "fail2ban_reachable", Kind: metric.Gauge, Unit: metric.Bool, Help: "1 while fail2ban answers; absent where it is not asked."},
		gauge("fail2ban_jails", "How many jails there are."),
		gauge("fail2ban_jail_failed", "Addresses that failed and are not banned yet.", "jail"),
		gauge("fail2ban_jail_banned", "Addresses that are banned.", "jail"),
		counter("fail2ban_jail_failed_total", "Failures since fail2ban started.", "jail"),
		counter("fail2ban_jail_banned_total", "Bans since fail2ban started.", "jail"),
	}
}

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Failures", Kind: plugin.Area, Unit: metric.None, Min: plugin.Bound(0), Warning: plugin.Bound(20), Critical: plugin.Bound(100),
			Queries: []plugin.Query{{Metric: "auth_failures_window", Legend: "{service}"}},
			Help:    "Refused logins within the window, ten minutes unless it was changed.",
		},
		{
			Title: "Suspicious", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "auth_suspicious_sources", Legend: "addresses"},
				{Metric: "auth_suspicious_users", Legend: "users"},
			},
			Help: "Who failed again and again within the window.",
		},
		{
			Title: "Logins", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "auth_successes_window", Legend: "{service}"}},
			Help:    "Logins within the window.",
		},
		{
			Title: "Banned", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "fail2ban_jail_banned", Legend: "{jail}"}},
		},
		{
			Title: "sudo", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "auth_sudo_commands_total", Rate: true, Legend: "commands"},
				{Metric: "auth_sudo_failures_total", Rate: true, Legend: "refused"},
			},
		},
		{
			Title: "Scans and unknown users", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "auth_scans_total", Rate: true, Legend: "scans"},
				{Metric: "auth_invalid_users_total", Rate: true, Legend: "unknown users at {service}"},
			},
		},
	}
}

func tables() []plugin.Table {
	rows := []plugin.Column{
		{Key: "time", Title: "Time", Kind: plugin.CellTime},
		{Key: "user", Title: "User", Kind: plugin.CellText},
		{Key: "source", Title: "From", Kind: plugin.CellCode},
		{Key: "service", Title: "Service", Kind: plugin.CellText},
		{Key: "method", Title: "By", Kind: plugin.CellText},
	}
	failed := func(title string) []plugin.Column {
		return []plugin.Column{
			{Key: "name", Title: title, Kind: plugin.CellCode},
			{Key: "count", Title: "Failures", Kind: plugin.CellNumber},
		}
	}
	return []plugin.Table{
		{Title: "Suspicious", Path: "suspicious", Empty: "Nobody failed often within the window.", Columns: failed("Address or user")},
		{
			Title: "Latest logins", Path: "recent_logins", Empty: "Nobody logged in yet.",
			Columns: append(rows[:len(rows):len(rows)], plugin.Column{Key: "key", Title: "Key", Kind: plugin.CellCode}),
		},
		{Title: "Latest failures", Path: "recent_failures", Empty: "Nobody failed yet.", Columns: rows},
		{Title: "Failures by address", Path: "failed_by_source", Empty: "Nobody failed within the window.", Columns: failed("Address")},
		{Title: "Failures by user", Path: "failed_by_user", Empty: "No user that exists failed within the window.", Columns: failed("User")},
		{
			Title: "sudo", Path: "sudo", Empty: "sudo was not used yet.",
			Columns: []plugin.Column{
				{Key: "time", Title: "Time", Kind: plugin.CellTime},
				{Key: "user", Title: "User", Kind: plugin.CellText},
				{Key: "as", Title: "As", Kind: plugin.CellText},
				{Key: "command", Title: "Command", Kind: plugin.CellCode},
				{Key: "ok", Title: "Allowed", Kind: plugin.CellFlag},
			},
		},
		{
			Title: "Jails of fail2ban", Path: "fail2ban.jails", Empty: "fail2ban has no jail, or is not asked.",
			Columns: []plugin.Column{
				{Key: "name", Title: "Jail", Kind: plugin.CellText},
				{Key: "banned", Title: "Banned", Kind: plugin.CellNumber},
				{Key: "failed", Title: "Failing", Kind: plugin.CellNumber},
				{Key: "total_banned", Title: "Bans in all", Kind: plugin.CellNumber},
				{Key: "total_failed", Title: "Failures in all", Kind: plugin.CellNumber},
				{Key: "bantime_seconds", Title: "Ban lasts", Kind: plugin.CellDuration},
				{Key: "findtime_seconds", Title: "Counts over", Kind: plugin.CellDuration},
				{Key: "maxretry", Title: "Failures allowed", Kind: plugin.CellNumber},
				{Key: "files", Title: "Files", Kind: plugin.CellList},
			},
		},
		{
			Title: "Banned addresses", Path: "fail2ban.bans", Empty: "No address is banned.",
			Columns: []plugin.Column{
				{Key: "address", Title: "Address", Kind: plugin.CellCode},
				{Key: "jail", Title: "Jail", Kind: plugin.CellText},
			},
		},
	}
}

func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "auth_success_after_failures", Name: "Login after many failures", Severity: plugin.Critical,
			Expr:    `increase(auth_success_after_failures_total[10m]) > 0`,
			Summary: "Somebody logged in from an address that had failed many times",
			Hint:    "If that was nobody you know, a password was guessed: change it, and look at what was done since.",
		},
		{
			ID: "auth_suspicious_sources", Name: "Somebody guesses passwords", For: time.Minute, Severity: plugin.Warning,
			Expr:    `auth_suspicious_sources > 0`,
			Summary: "{{.Value}} addresses fail to log in again and again",
			Hint:    "Ban them (fail2ban), allow keys only, or close the port to the outside.",
		},
		{
			ID: "auth_flood", Name: "Flood of failed logins", For: 5 * time.Minute, Severity: plugin.Critical,
			Expr:    `auth_failures_window > 100`,
			Summary: "{{.Value}} logins at {{.Labels.service}} were refused within the window",
		},
		{
			ID: "auth_sudo_failures", Name: "sudo refused", Severity: plugin.Warning,
			Expr:    `increase(auth_sudo_failures_total[10m]) >= 3`,
			Summary: "sudo was refused {{.Value}} times within ten minutes",
		},
		{
			ID: "auth_root_login", Name: "Login as root", Severity: plugin.Info,
			Expr:    `increase(auth_root_logins_total[10m]) > 0`,
			Summary: "Somebody logged in as root over {{.Labels.service}}",
		},
		{
			ID: "auth_account_changed", Name: "Account changed", Severity: plugin.Warning,
			Expr:    `increase(auth_account_changes_total[10m]) > 0`,
			Summary: "An account was changed ({{.Labels.kind}})",
		},
		{
			ID: "fail2ban_away", Name: "fail2ban does not answer", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `fail2ban_reachable == 0`,
			Summary: "fail2ban does not answer, so nobody is banned",
			Hint:    "See systemctl status fail2ban.",
		},
	}
}
