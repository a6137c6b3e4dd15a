package certificate

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// endsNow holds for certificates in their last three days; those that last for
// days only, in their last tenth.
const endsNow = `ssl_cert_remaining_seconds{role="leaf"} < 259200 and ssl_cert_remaining_ratio{role="leaf"} < 0.1`

func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "certificate_ends_soon", Name: "Certificate ends soon", Severity: plugin.Warning, For: time.Hour,
			Expr: `(ssl_cert_remaining_seconds{role="leaf"} < 1209600 and ssl_cert_remaining_ratio{role="leaf"} < 0.25) unless (` +
				endsNow + `)`,
			Summary: "The certificate {{.Labels.common_name}} of {{.Labels.source}} ends in less than 14 days.",
			Hint:    "See why it was not renewed by itself.",
		},
		{
			ID: "certificate_ends_now", Name: "Certificate ends now", Severity: plugin.Critical, For: 10 * time.Minute,
			Expr:    endsNow,
			Summary: "The certificate {{.Labels.common_name}} of {{.Labels.source}} ends in less than three days, or is over.",
			Hint:    "Renew it now.",
		},
		{
			ID: "certificate_not_verified", Name: "Certificate does not hold", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    `ssl_cert_verify_error{error!="expired",error!="revoked"} == 1`,
			Summary: "The certificate of {{.Labels.source}} does not hold: {{.Labels.error}}.",
			Hint:    "The source's page says what is wrong. A private authority is named in tls_ca_file.",
		},
		{
			ID: "certificate_revoked", Name: "Certificate revoked", Severity: plugin.Critical,
			Expr:    `ssl_revocation_state{state="revoked"} == 1`,
			Summary: "The certificate of {{.Labels.source}} was revoked by its authority.",
			Hint:    "Replace it, and its key.",
		},
		{
			ID: "certificate_not_seen", Name: "No certificate", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    `ssl_probe_success == 0`,
			Summary: "{{.Labels.source}} shows no certificate.",
			Hint:    "The source's page says why.",
		},
		{
			ID: "domain_ends_soon", Name: "Domain ends soon", Severity: plugin.Warning,
			Expr:    `domain_remaining_seconds < 2592000 and domain_remaining_seconds >= 604800`,
			Summary: "The registration of {{.Labels.domain}} ends in less than 30 days.",
			Hint:    "See whether it is extended by itself, and whether the means of payment are good.",
		},
		{
			ID: "domain_ends_now", Name: "Domain ends now", Severity: plugin.Critical,
			Expr:    `domain_remaining_seconds < 604800`,
			Summary: "The registration of {{.Labels.domain}} ends in less than a week, or is over.",
			Hint:    "Extend it now.",
		},
	}
}
