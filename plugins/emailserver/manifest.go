package emailserver

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "email_server_monitor", Name: "Mail server", Category: plugin.Application, Icon: "mail",
		Summary: "A mail server: its endpoints and certificates, queue, deliveries, logins, spam filter and blocklists.",
		Description: "Talks to a mail server as a client does, over SMTP, IMAP, POP3, LMTP and ManageSieve, and looks at its certificates. On the " +
			"server's machine it also reads the queue of Postfix, Exim or OpenSMTPD, counts what the log tells of deliveries and refused logins, " +
			"and asks Dovecot who is logged in. rspamd, mailcow and blocklists are asked where they are set. No message is sent.",
		Tags:     []string{"mail", "email", "smtp", "imap", "pop3", "postfix", "exim", "opensmtpd", "dovecot", "rspamd", "mailcow", "dnsbl"},
		Interval: time.Minute, Timeout: 45 * time.Second,
		Rights: plugin.Rights{
			Network:  true,
			Commands: []string{"postqueue", "postconf", "exim4", "exim", "smtpctl", "doveadm", "journalctl"},
			Paths:    []string{"/var/log/mail.log", "/var/log/maillog", "/var/log/exim4/mainlog"},
			Notes: "Endpoints need nothing. Postfix's queue may be seen by everybody, unless authorized_mailq_users says otherwise; that of Exim by its " +
				"administrators, that of OpenSMTPD by root. The log needs the group adm, the journal systemd-journal, and Dovecot two sockets.",
		},
		Metrics: append(append(endpointMetrics(), queueMetrics()...), otherMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func endpointMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mail_endpoint_up", metric.Bool, "1 while the endpoint answers as its protocol wants, and the login, if there is one, goes well.", "endpoint", "protocol"),
		gauge("mail_endpoint_phase_seconds", metric.Seconds, "How long a part of the conversation took: connect, greeting, tls or login.", "endpoint", "phase"),
		gauge("mail_starttls_offered", metric.Bool, "1 while STARTTLS is offered; absent where TLS is spoken at once.", "endpoint"),
		gauge("mail_tls_valid", metric.Bool, "1 while the certificate holds: its dates, its name and who signed it.", "endpoint"),
		gauge("mail_tls_expiry_timestamp_seconds", metric.TimestampSeconds, "When the certificate ends.", "endpoint"),
		gauge("mail_dnsbl_listed", metric.Bool, "1 while the server's address is listed in the blocklist.", "zone"),
	}
}

func queueMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mail_mta_running", metric.Bool, "1 while the mail server itself runs; absent where that cannot be told.", "mta"),
		gauge("mail_queue_messages", metric.None, "Messages that wait.", "mta", "queue"),
		gauge("mail_queue_bytes", metric.Bytes, "Size of the messages that wait.", "mta", "queue"),
		gauge("mail_queue_oldest_seconds", metric.Seconds, "Age of the message that waits longest; 0 while there is none.", "mta", "queue"),
		counter("mail_deliveries_total", metric.None, "Attempts to deliver, by what became of them and who made them, counted in the log since watching began.", "status", "transport"),
		counter("mail_delivery_delay_seconds_total", metric.Seconds, "How long messages that were delivered had waited, added up."),
		counter("mail_received_total", metric.None, "Messages taken, from the network and from this machine."),
		counter("mail_connections_total", metric.None, "Connections to Postfix over SMTP."),
		counter("mail_rejects_total", metric.None, "Messages and recipients refused, by who refused (smtpd, cleanup, postscreen, milter) and the code.", "by", "code"),
		counter("mail_auth_failures_total", metric.None, "Refused logins, by service: smtp, imap, pop3 or sieve.", "service"),
		counter("mail_fatal_total", metric.None, "Programs of Postfix that gave up."),
	}
}

func otherMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("dovecot_sessions", metric.None, "Sessions, by service; all where Dovecot does not tell them apart.", "service"),
		gauge("dovecot_users_online", metric.None, "Users who are logged in."),
		counter("dovecot_logins_total", metric.None, "Logins, by service; counted in the log, or by Dovecot's old-stats as all.", "service"),
		counter("dovecot_auth_total", metric.None, "Logins as Dovecot's own counters have them, by result: success or failure.", "result"),
		counter("rspamd_messages_scanned_total", metric.None, "Messages that rspamd looked at."),
		counter("rspamd_learned_total", metric.None, "Messages that rspamd learned from."),
		counter("rspamd_connections_total", metric.None, "Connections to rspamd."),
		counter("rspamd_actions_total", metric.None, "What rspamd did with messages.", "action"),
		gauge("rspamd_uptime_seconds", metric.Seconds, "Time since rspamd was started."),
		gauge("mailcow_container_running", metric.Bool, "1 while the container of mailcow runs.", "container"),
		gauge("mailcow_vmail_used_ratio", metric.Ratio, "How full the disk with the mailboxes is."),
		gauge("mailcow_mailboxes", metric.None, "Mailboxes."),
		gauge("mailcow_mailboxes_over_quota", metric.None, "Mailboxes that have used 90 % of their quota or more."),
		gauge("mailcow_quarantine_messages", metric.None, "Messages in the quarantine."),
		gauge("mailcow_syncjob_age_seconds", metric.Seconds, "Time since an active sync job ran last.", "syncjob"),
	}
}
