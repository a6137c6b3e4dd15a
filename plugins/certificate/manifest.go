package certificate

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "certificate_monitor",
		Name:     "Certificate",
		Category: plugin.Security,
		Summary:  "When certificates of servers and files end, and whether they hold for who looks at them.",
		Description: "Looks at the certificate of one endpoint, over TLS or after STARTTLS, or at certificate files in PEM, DER, PKCS#12 " +
			"or JKS form and the store of Traefik: its end, its chain, its name, its key, and whether it was revoked. " +
			"A certificate that was renewed is an event.",
		Tags:     []string{"tls", "ssl", "https", "x509", "expiry", "starttls", "letsencrypt", "ocsp", "domain"},
		Icon:     "shield-check",
		Interval: time.Hour,
		Timeout:  time.Minute,
		Rights: plugin.Rights{
			Paths:   []string{"/*"},
			Network: true,
			Notes: "Reads the files that are named, and no key. When you look for things to watch it also reads where certbot, Proxmox, Caddy and " +
				"Traefik keep certificates, the settings of nginx, Apache and HAProxy, and which ports listen.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
	}
	link := []string{"role", "chain_no", "common_name", "file"}
	return []metric.Definition{
		gauge("ssl_probe_success", metric.Bool, "1 when a certificate could be seen."),
		gauge("ssl_cert_not_before_timestamp_seconds", metric.TimestampSeconds, "When the certificate begins to hold.", link...),
		gauge("ssl_cert_not_after_timestamp_seconds", metric.TimestampSeconds, "When the certificate ends.", link...),
		gauge("ssl_cert_remaining_seconds", metric.Seconds, "Time until it ends; negative when it is over.", link...),
		gauge("ssl_cert_remaining_ratio", metric.Ratio, "Part of its time that is left, which copes with certificates of six days and of ten years alike.", link...),
		gauge("ssl_cert_key_bits", metric.None, "Length of the key.", append(link, "algorithm")...),
		gauge("ssl_cert_info", metric.Bool, "1 with who issued the certificate and how it is signed.", "common_name", "issuer_cn", "signature_algorithm", "file"),
		gauge("ssl_cert_verified", metric.Bool, "1 when nothing is wrong with the certificate: time, chain, name, revocation, and what else is expected.", "file"),
		gauge("ssl_cert_verify_error", metric.Bool,
			"1 with each thing that is wrong: expired, not_yet_valid, hostname_mismatch, unknown_authority, self_signed, incomplete_chain, "+
				"weak_signature, revoked, fingerprint_mismatch, issuer_mismatch, other.", "error", "file"),
		gauge("ssl_cert_hostname_match", metric.Bool, "1 when the certificate is for the name that is expected.", "file"),
		gauge("ssl_cert_self_signed", metric.Bool, "1 when the certificate is signed by itself.", "file"),
		gauge("ssl_chain_length", metric.None, "Certificates that are served, or stand in the file, the first included.", "file"),
		gauge("ssl_revocation_state", metric.Bool, "1 for what is known about a revocation: good, revoked, unknown or unchecked.", "state", "file"),
		gauge("ssl_ocsp_next_update_timestamp_seconds", metric.TimestampSeconds, "Until when the stapled answer of the authority holds.", "file"),
		gauge("ssl_tls_info", metric.Bool, "1 with the version and cipher of TLS.", "version", "cipher"),
		gauge("ssl_handshake_duration_seconds", metric.Seconds, "Time that the handshake of TLS took."),
		gauge("ssl_file_mtime_timestamp_seconds", metric.TimestampSeconds, "When the file was last written.", "file"),
		gauge("domain_expiry_timestamp_seconds", metric.TimestampSeconds, "When the registration of the domain ends.", "domain"),
		gauge("domain_remaining_seconds", metric.Seconds, "Time until then; negative when it is over.", "domain"),
	}
}

func panels() []plugin.Panel {
	const day = 86400
	leaf := map[string]string{"role": "leaf"}
	return []plugin.Panel{
		{
			Title: "Ends in", Kind: plugin.Stat, Unit: metric.Seconds, Warning: plugin.Bound(14 * day), Critical: plugin.Bound(3 * day),
			Queries: []plugin.Query{{Metric: "ssl_cert_remaining_seconds", Match: leaf, Legend: "{common_name}"}},
		},
		{
			Title: "Verified", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "ssl_cert_verified", Legend: "verified {file}"}, {Metric: "ssl_probe_success", Legend: "seen"}},
		},
		{
			Title: "Time left", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "ssl_cert_remaining_ratio", Match: leaf, Legend: "{common_name}"}},
			Help:    "The part of its time that a certificate has left. It jumps up when the certificate is renewed.",
		},
		{
			Title: "Something is wrong", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "ssl_cert_verify_error", Legend: "{error} {file}"}},
		},
		{
			Title: "Handshake", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "ssl_handshake_duration_seconds", Legend: "handshake"}},
		},
		{
			Title: "Revocation", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "ssl_revocation_state", Legend: "{state} {file}"}},
		},
		{
			Title: "Domain ends in", Kind: plugin.Stat, Unit: metric.Seconds, Warning: plugin.Bound(30 * day), Critical: plugin.Bound(7 * day),
			Queries: []plugin.Query{{Metric: "domain_remaining_seconds", Legend: "{domain}"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "Certificates", Path: "certificates", Empty: "No certificate could be seen.",
			Columns: []plugin.Column{
				plugin.TextColumn("common_name", "Certificate"), plugin.StatusColumn("level", "Level"), plugin.TimeColumn("not_after", "Ends"),
				plugin.NumberColumn("days_left", "Days left", metric.None), plugin.FlagColumn("verified", "Verified"),
				plugin.TextColumn("issuer", "Issued by"), plugin.ListColumn("names", "For"), plugin.StatusColumn("revocation", "Revocation"),
				plugin.CodeColumn("file", "File"),
			},
		},
		{
			Title: "Problems", Path: "problems", Empty: "Nothing is wrong.",
			Columns: []plugin.Column{
				plugin.TextColumn("common_name", "Certificate"), plugin.CodeColumn("error", "Problem"), plugin.TextColumn("detail", "Detail"),
				plugin.CodeColumn("file", "File"),
			},
		},
		{
			Title: "Chain", Path: "chain", Empty: "No certificate could be seen.",
			Columns: []plugin.Column{
				plugin.TextColumn("common_name", "Certificate"), plugin.TextColumn("role", "Role"), plugin.TextColumn("issuer", "Issued by"),
				plugin.TimeColumn("not_after", "Ends"), plugin.TextColumn("key", "Key"), plugin.TextColumn("signature", "Signature"),
				plugin.TextColumn("of", "Of"),
			},
		},
	}
}
