package auth

import (
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// emit puts in the samples of logins.
func (p *pass) emit(out *plugin.Batch) {
	l := p.ledger
	for key, n := range l.Events {
		words := strings.Fields(key)
		if len(words) == 3 {
			out.Add("auth_events_total", float64(n), "service", words[0], "result", words[1], "method", words[2])
		}
	}
	for metric, byService := range map[string]map[string]int64{
		"auth_invalid_users_total": l.Invalid, "auth_success_after_failures_total": l.Broken, "auth_root_logins_total": l.Root,
	} {
		if len(byService) == 0 { // so that the first one is an increase
			out.Add(metric, 0, "service", "ssh")
		}
		for service, n := range byService {
			out.Add(metric, float64(n), "service", service)
		}
	}
	out.Add("auth_scans_total", float64(l.Scans))
	out.Add("auth_sudo_commands_total", float64(l.Sudo))
	out.Add("auth_sudo_failures_total", float64(l.NoSudo))
	for _, kind := range []string{"user_added", "user_deleted", "password", "group"} {
		out.Add("auth_account_changes_total", float64(l.Changes[kind]), "kind", kind)
	}
	failures := l.within(func(s slot) map[string]int64 { return s.Failures })
	successes := l.within(func(s slot) map[string]int64 { return s.Successes })
	for _, service := range []string{"ssh", "sudo", "su"} {
		failures[service] += 0
		successes[service] += 0
	}
	for service, n := range failures {
		out.Add("auth_failures_window", float64(n), "service", service)
	}
	for service, n := range successes {
		out.Add("auth_successes_window", float64(n), "service", service)
	}
	sources, users := p.failed()
	out.Add("auth_failed_sources", float64(len(sources)))
	out.Add("auth_failed_users", float64(len(users)))
	out.Add("auth_suspicious_sources", float64(len(p.suspicious(sources, p.trusted))))
	out.Add("auth_suspicious_users", float64(len(p.suspicious(users, func(string) bool { return false }))))
	out.Add("auth_known_addresses", float64(len(p.seen)))
}

// failed are the addresses and the users that failed within the window.
func (p *pass) failed() (sources, users map[string]int64) {
	return p.ledger.within(func(s slot) map[string]int64 { return s.Sources }),
		p.ledger.within(func(s slot) map[string]int64 { return s.Users })
}

// emitJails puts in the samples of fail2ban.
func emitJails(out *plugin.Batch, found *fail2ban) {
	out.Add("fail2ban_jails", float64(len(found.Jails)))
	for _, j := range found.Jails {
		out.Add("fail2ban_jail_failed", float64(j.Failed), "jail", j.Name)
		out.Add("fail2ban_jail_banned", float64(j.Banned), "jail", j.Name)
		out.Add("fail2ban_jail_failed_total", float64(j.TotalFailed), "jail", j.Name)
		out.Add("fail2ban_jail_banned_total", float64(j.TotalBanned), "jail", j.Name)
	}
}
