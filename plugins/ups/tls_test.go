package ups_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ups"
)

// TestAnUpsdThatEncryptsIsBelievedByItsCertificate speaks to an upsd of its own,
// because the one of Debian wants a certificate database of NSS.
func TestAnUpsdThatEncryptsIsBelievedByItsCertificate(t *testing.T) {
	t.Parallel()
	lender := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	t.Cleanup(lender.Close)
	address := plugintest.Listen(t, func(conn net.Conn) { encrypted(t.Context(), conn, lender.TLS) })
	sum := sha256.Sum256(lender.Certificate().Raw)
	open := func(more settings) string {
		config := settings{"type": "nut", "host": address, "timeout": "15s", "username": "unity", "password": "only-for-tests"}
		for name, value := range more {
			config[name] = value
		}
		raw, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	config := open(settings{"starttls": "require", "tls_fingerprint": hex.EncodeToString(sum[:])})
	values, _ := collect(t, plugintest.Live(t, ups.Plugin(), config))
	if values[`ups_status{state="online",ups="rack"}`] != 1 {
		t.Errorf("over TLS: %v", values)
	}
	config = open(settings{"starttls": "try"})
	plugintest.WantFault(t, attempt(t, plugintest.Live(t, ups.Plugin(), config)), fault.TLS, "signed by nobody we trust", "tls_ca_file or tls_fingerprint")
	config = open(nil)
	plugintest.WantFault(t, attempt(t, plugintest.Live(t, ups.Plugin(), config)), fault.Permission, "upsd does not let us", "upsd.users")
}

// encrypted is an upsd that answers over TLS only, and to its user only.
func encrypted(ctx context.Context, conn net.Conn, config *tls.Config) {
	from, secure, known := bufio.NewReader(conn), false, 0
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return
		}
		var answer string
		switch line = strings.TrimSpace(line); {
		case line == "STARTTLS":
			if _, err := conn.Write([]byte("OK STARTTLS\n")); err != nil {
				return
			}
			over := tls.Server(conn, config)
			if over.HandshakeContext(ctx) != nil {
				return
			}
			conn, from, secure = over, bufio.NewReader(over), true
			continue
		case line == "USERNAME unity", line == "PASSWORD only-for-tests":
			known++
			answer = "OK\n"
		case !secure || known < 2:
			answer = "ERR ACCESS-DENIED\n"
		case line == "LIST UPS":
			answer = "BEGIN LIST UPS\nUPS rack \"Rack\"\nEND LIST UPS\n"
		case line == "LIST VAR rack":
			answer = "BEGIN LIST VAR rack\nVAR rack ups.status \"OL\"\nEND LIST VAR rack\n"
		default:
			answer = "ERR UNKNOWN-COMMAND\n"
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}
