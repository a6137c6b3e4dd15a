package emailserver

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// FuzzLog wants no line to be more than it is: each counts once at most.
func FuzzLog(f *testing.F) {
	for _, line := range []string{
		"Nov 22 16:56:23 mail postfix/smtp[445]: EC43FA0E560: to=<u1@example.org>, relay=none, delay=0.07, dsn=4.4.1, status=deferred (refused)",
		"2026-11-22T16:58:03.112233+00:00 mail postfix/smtpd[3828]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 <x@localhost>: no",
		"2026-11-22 17:21:02 1xVBFO-0008RI-0w == u1@example.org R=far T=remote_smtp defer (111): Connection refused",
		"Nov 22 16:58:06 mail dovecot: pop3-login: Disconnected: Connection closed (auth failed, 3 attempts in 14 secs): user=<bob>",
		"Nov 22 16:58:06 imap-login: Info: Login: user=<bob>, method=PLAIN", "", "x", "Nov", ": ", "2026-11-22 17:21:02 ",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		l := &ledger{Deliveries: map[string]int64{}, Rejects: map[string]int64{}, Auth: map[string]int64{}, Logins: map[string]int64{}}
		program, said, ok := cutLine(line, time.Unix(1795366600, 0))
		if ok {
			l.line(program, said, time.Unix(1, 0))
		}
		counts := l.Received + l.Connections + l.Fatal
		for _, more := range []map[string]int64{l.Deliveries, l.Rejects, l.Logins} {
			for _, n := range more {
				counts += n
			}
		}
		if counts > 1 || l.Delay < 0 || len(l.Auth) > 1 {
			t.Errorf("%q counts as %+v", line, l)
		}
	})
}

// FuzzQueues wants whatever programs print to be read or refused.
func FuzzQueues(f *testing.F) {
	f.Add(`{"queue_name": "hold", "queue_id": "E", "arrival_time": 1795366582, "message_size": 265, "sender": "a@b", "recipients": [{"address": "u@c", "delay_reason": "no"}]}`)
	f.Add("25m  2.9K 1xVBFO-0008RI-0w <a@example.net>\n          u1@example.org\n\n 2d 294 1x <> *** frozen ***\n  D n@l\n")
	f.Add("9aa7|local|mta|auth|a@b|u@c|u@c|1795366582|1795712182|1795366600|2|pending|220|no\n")
	f.Add("metric_name\tfield\tcount\nauth_success\tduration\t12\n")
	f.Fuzz(func(t *testing.T, text string) {
		now := time.Unix(1795366600, 0)
		for _, read := range []func(q *queue) error{
			func(q *queue) error { return q.readPostfix(plugin.Output{Stdout: []byte(text)}, now) },
			func(q *queue) error { return q.readExim(text) },
			func(q *queue) error { return q.readOpenSMTPD(text, now) },
		} {
			q := newQueue("x", "queued")
			if err := read(q); err != nil && fault.Of(err) != fault.BadAnswer {
				t.Errorf("%q: %v", text, err)
			}
			for name, p := range q.parts {
				if p.Messages < 0 || p.Bytes < 0 || p.Oldest < 0 || strings.Contains(name, "\n") {
					t.Errorf("%q: %s is %+v", text, name, p)
				}
			}
			if len(q.messages) > maxRows || len(q.topDomains()) > maxDomains || len(q.parts) > 10 {
				t.Errorf("%q: too much is kept", text)
			}
		}
		new(sessions).readDump(text)
	})
}

// lists are blocklists that answer over TCP, as names and their addresses.
type lists map[string][4]byte

func (l lists) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		question := make([]byte, length)
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		name, end := "", 12
		for question[end] != 0 {
			size := int(question[end])
			name += string(question[end+1:end+1+size]) + "."
			end += size + 1
		}
		answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end+5]...)
		address, listed := l[name]
		switch {
		case !listed:
			answer[3] |= 3 // there is no such name
		case question[end+2] == 1:
			answer[7] = 1
			answer = append(append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4), address[:]...)
		}
		framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)
		if _, err := conn.Write(framed); err != nil {
			return
		}
	}
}

func TestBlocklists(t *testing.T) {
	t.Parallel()
	asked := lists{
		"25.2.0.192.listed.test.": {127, 0, 0, 2}, "25.2.0.192.refuses.test.": {127, 255, 255, 254}, "25.2.0.192.gone.test.": {203, 0, 113, 1},
	}
	c := &collector{
		config: config{DNSBLZones: []string{"listed.test", "clean.test", "refuses.test", "gone.test"}, PublicIP: "192.0.2.25", Resolver: "127.0.0.1:53", Timeout: plugin.Duration(20 * time.Second)},
		host: plugin.Host{Dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go asked.answer(theirs)
			return ours, nil
		}},
	}
	found, problems := c.askBlocklists(t.Context())
	if len(found) != 2 || !found[0].Listed || found[0].Answer != "127.0.0.2" || found[1].Listed || found[1].Zone != "clean.test" {
		t.Errorf("found %+v", found)
	}
	if len(problems) != 2 || fault.Of(problems[0]) != fault.Refused || fault.Of(problems[1]) != fault.BadAnswer {
		t.Errorf("problems %v", problems)
	}
}

func TestAnAddressIsAskedForBackwards(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.25":  "25.2.0.192",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2",
	} {
		address, err := netip.ParseAddr(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := reversed(address); got != want {
			t.Errorf("%s is asked for as %s, not %s", text, got, want)
		}
	}
}
