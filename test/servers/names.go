package servers

// Unbound is the Unbound that is installed. Settings are lines of its
// configuration; port: {{port}} belongs to the section server:.
func Unbound() Engine {
	return daemon{
		alone: packaged("Unbound", "unbound", "unbound", "start of service"),
		args:  func(settings string) []string { return []string{"-d", "-p", "-c", settings} },
	}
}

// Dnsmasq is the dnsmasq that is installed. Settings are lines of its
// configuration; port={{port}} is one of them.
func Dnsmasq() Engine {
	return daemon{
		alone: packaged("dnsmasq", "dnsmasq-base", "dnsmasq", "started, version"),
		args: func(settings string) []string {
			return []string{"--keep-in-foreground", "--log-facility=-", "--user=root", "--conf-file=" + settings}
		},
	}
}

// Dovecot is the Dovecot that is installed. Settings are lines of its
// configuration; base_dir is {{home}}.
func Dovecot() Engine {
	return daemon{
		alone: packaged("Dovecot", "dovecot-imapd", "dovecot", "starting up"),
		args:  func(settings string) []string { return []string{"-F", "-c", settings} },
	}
}
