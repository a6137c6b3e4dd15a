package webservice_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/webservice"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, webservice.Plugin(), plugintest.Findings{}, plugintest.NotInCases{
		"probe_icmp_packet_loss_ratio":            "needs an ICMP socket; see TestPing",
		"probe_icmp_rtt_seconds":                  "needs an ICMP socket; see TestPing",
		"probe_tls_cert_expiry_timestamp_seconds": "needs TLS; see TestCertificates",
		"probe_tls_cert_remaining_seconds":        "needs TLS; see TestCertificates",
		"probe_tls_info":                          "needs TLS; see TestCertificates",
		"table Certificates":                      "needs TLS; see TestCertificates",
	})
}
