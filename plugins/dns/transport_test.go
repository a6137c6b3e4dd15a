package dns_test

import (
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
)

// reply answers a question with an address, or over UDP with too little room.
func reply(t *testing.T, question []byte, cut bool) []byte {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		t.Error(err)
		return nil
	}
	m.Header = dnsmessage.Header{ID: m.ID, Response: true, Truncated: cut, AuthenticData: true}
	m.Additionals = nil
	if !cut {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: [4]byte{192, 168, 1, 10}},
		}}
	}
	raw, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return raw
}

func TestNamesAreAskedForOverHTTPS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/dns-message" || r.URL.Path != "/dns-query" || question[0] != 0 || question[1] != 0 {
			t.Errorf("asked %s %q: %x %v", r.URL.Path, r.Header.Get("Content-Type"), question, err)
		}
		w.Header().Set("Content-Type", "application/dns-message")
		_, _ = w.Write(reply(t, question, false))
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	probe := plugintest.Settings{"query": "nas.lab.test", "transport": "https", "server": server.URL + "/dns-query", "dnssec": true, "expect_regex": "^192"}
	for ca, want := range map[string]string{file: "", "": "TLS: the certificate is signed by nobody we trust"} {
		b := plugintest.CollectAll(t, dns.Plugin(), open(t, plugintest.Settings{"type": "resolver", "tls_ca_file": ca, "probes": []plugintest.Settings{probe}}))
		row := rows(t, b)["nas.lab.test"]
		if (row.Status == "ok") != (want == "") || want != "" && row.Message != "asking "+server.URL+"/dns-query: POST "+server.URL+"/dns-query: "+want {
			t.Errorf("%s: %q, want %q", row.Status, row.Message, want)
		}
	}
}

// listenTwice listens on one port over UDP and TCP until the test ends. A port
// that is free over UDP may be somebody's over TCP: then another is tried.
func listenTwice(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	var listen net.ListenConfig
	for {
		packets, err := listen.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = packets.Close() })
		stream, err := listen.Listen(t.Context(), "tcp", packets.LocalAddr().String())
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = stream.Close() })
		return packets, stream
	}
}

func TestAnAnswerThatIsTooLongIsAskedForOverTCP(t *testing.T) {
	t.Parallel()
	packets, stream := listenTwice(t)
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = packets.WriteTo([]byte("late"), from) // not what is waited for
			_, _ = packets.WriteTo(reply(t, buffer[:n], true), from)
		}
	}()
	go func() {
		for {
			conn, err := stream.Accept()
			if err != nil {
				return
			}
			var head [2]byte
			_, _ = io.ReadFull(conn, head[:])
			question := make([]byte, int(head[0])<<8|int(head[1]))
			_, _ = io.ReadFull(conn, question)
			answer := reply(t, question, false)
			_, _ = conn.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...))
			_ = conn.Close()
		}
	}()
	b := plugintest.CollectAll(t, dns.Plugin(), open(t, probeSettings(packets.LocalAddr().String(), plugintest.Settings{"query": "nas.lab.test", "expect_regex": "^192"})))
	if row := rows(t, b)["nas.lab.test"]; row.Status != "ok" {
		t.Errorf("%s: %s", row.Status, row.Message)
	}
}
