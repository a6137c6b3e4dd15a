package webservice_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/webservice"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	greeter := plugintest.Listen(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "220 mail.lan ")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		_, _ = io.WriteString(conn, "250 you said "+line)
	})
	silent := plugintest.Listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	for _, c := range []struct {
		name                   string
		with                   settings
		state, reason, message string
	}{
		{"an open port", settings{"url": "tcp://" + greeter}, "up", "", ""},
		{"a greeting", settings{"url": "tcp://" + greeter, "expect": "^220 "}, "up", "", ""},
		{"a conversation", settings{"url": "tcp://" + greeter, "send": "EHLO unity\n", "expect": "250 you said EHLO unity"}, "up", "", ""},
		{"another greeting", settings{"url": "tcp://" + greeter, "send": "x\n", "expect": "^554"}, "down", "expect_mismatch", "what came does not match ^554"},
		{"silence", settings{"url": "tcp://" + silent, "expect": ".", "timeout": "1s"}, "down", "expect_mismatch", "nothing came: no answer in time"},
		{"a closed port", settings{"url": "tcp://127.0.0.1:1"}, "down", "connection_refused", "connecting to tcp://127.0.0.1:1: connection refused"},
		{"an unknown name", settings{"url": "tcp://nas.invalid:22"}, "down", "dns_error", "no such host nas.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.with).expect(t, c.state, c.reason, c.message)
		})
	}
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/live" {
			http.NotFound(w, r)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		for {
			kind, text, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if err := conn.Write(r.Context(), kind, append([]byte("echo "), text...)); err != nil {
				return
			}
		}
	})
	at := "ws" + strings.TrimPrefix(server.URL, "http")
	for _, c := range []struct {
		name                   string
		with                   settings
		state, reason, message string
	}{
		{"a handshake", settings{"url": at + "/live"}, "up", "", ""},
		{"an echo", settings{"url": at + "/live", "send": "ping", "expect": "^echo ping$"}, "up", "", ""},
		{"another echo", settings{"url": at + "/live", "send": "ping", "expect": "pong", "timeout": "1s"}, "down", "expect_mismatch", "no message matched"},
		{"no WebSocket", settings{"url": at + "/page"}, "down", "websocket_error", "the answer is 404 Not Found, not a WebSocket"},
		{"nobody there", settings{"url": "ws://127.0.0.1:1/live"}, "down", "connection_refused", "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := check(t, c.with)
			f.expect(t, c.state, c.reason, c.message)
			if c.state == "up" && f.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("status %d", f.StatusCode)
			}
		})
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	c := collector(t, settings{"url": "icmp://127.0.0.1", "ping_count": 2, "timeout": "20s"})
	batch := plugin.NewBatch(webservice.Plugin())
	err := c.Collect(t.Context(), batch)
	if fault.Of(err) == fault.Permission && os.Getenv("CI") == "" {
		t.Skipf("%v (%s)", err, fault.Hint(err))
	}
	f, _ := checkWith(t, c)
	f.expect(t, "up", "", "")
	rtt := f.values[`probe_icmp_rtt_seconds{stat="avg"}`]
	if f.values["probe_icmp_packet_loss_ratio"] != 0 || rtt <= 0 || rtt > 20 || f.values["probe_ip_protocol"] != 4 {
		t.Errorf("%v", f.values)
	}
	check(t, settings{"url": "icmp://nas.invalid"}).expect(t, "down", "dns_error", "no such host nas.invalid")
}

// nameServer answers every question for an address with 127.0.0.1, and every
// other with nothing.
func nameServer(t *testing.T) (address string, asked chan string) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	asked = make(chan string, 100)
	go func() {
		question := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			name, end := "", 12
			for question[end] != 0 {
				length := int(question[end])
				name += string(question[end+1:end+1+length]) + "."
				end += 1 + length
			}
			kind := binary.BigEndian.Uint16(question[end+1:])
			end += 5
			reply := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:min(n, end)]...)
			if kind == 1 {
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
			}
			asked <- name
			_, _ = conn.WriteTo(reply, from)
		}
	}()
	return conn.LocalAddr().String(), asked
}

func TestTheResolverOfTheConfigIsAsked(t *testing.T) {
	t.Parallel()
	server := serve(t, answer("hello"))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	address, asked := nameServer(t)
	f := check(t, settings{"url": "http://cloud.home.test:" + port, "resolver": "udp://" + address, "ip_version": "4"})
	f.expect(t, "up", "", "")
	if got := <-asked; got != "cloud.home.test." {
		t.Errorf("asked for %q", got)
	}
	if f.IP != "127.0.0.1" || f.values[`probe_phase_duration_seconds{phase="dns"}`] <= 0 {
		t.Errorf("address %s, phases %v", f.IP, f.values)
	}
	check(t, settings{"url": "http://cloud.home.test:" + port, "resolver": "udp://" + address, "ip_version": "6"}).
		expect(t, "down", "dns_error", "no such host cloud.home.test at "+address)
}

func TestOnlyTheWantedVersionOfIPIsUsed(t *testing.T) {
	t.Parallel()
	server := serve(t, answer("hello"))
	f := check(t, settings{"url": server.URL, "ip_version": "6"})
	if f.State != "down" {
		t.Errorf("an IPv4 address was reached over IPv6: %+v", f)
	}
}

func TestTheRunsEndEndsTheCheckInTime(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := collector(t, settings{"url": server.URL, "timeout": "1m", "retries": 3})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	batch := plugin.NewBatch(webservice.Plugin())
	if err := c.Collect(ctx, batch); err != nil || len(batch.Samples()) == 0 {
		t.Errorf("%d samples, %v", len(batch.Samples()), err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := c.Collect(ctx, batch); fault.Of(err) != fault.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
