package certificate_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// script is a server that says one thing after the other: a line of it is said,
// unless it begins with "< ", which is what it waits for.
func script(lines ...string) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		from := bufio.NewReader(conn)
		for _, line := range lines {
			if want, waits := strings.CutPrefix(line, "< "); waits {
				got, err := from.ReadString('\n')
				if err != nil || strings.TrimRight(got, "\r\n") != want {
					return false
				}
				continue
			}
			if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
				return false
			}
		}
		return true
	}
}

// binaryStep is a server that waits for so many bytes and answers.
func binaryStep(wants int, answer string) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		if _, err := io.ReadFull(conn, make([]byte, wants)); err != nil {
			return false
		}
		_, err := io.WriteString(conn, answer)
		return err == nil
	}
}

// greeting is what MySQL says first, with its abilities.
func greeting(abilities uint16) string {
	body := append([]byte{10}, "8.0.36\x00"...)
	body = append(body, make([]byte, 4+8+1)...)
	body = binary.LittleEndian.AppendUint16(body, abilities)
	body = append(body, 33, 2, 0, 0, 0, 21)
	body = append(body, make([]byte, 10+13)...)
	return string(append([]byte{byte(len(body)), 0, 0, 0}, body...))
}

// sayThenRead is a MySQL server: it speaks first.
func sayThenRead(say string, wants int) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		if _, err := io.WriteString(conn, say); err != nil {
			return false
		}
		_, err := io.ReadFull(conn, make([]byte, wants))
		return err == nil
	}
}

func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	pair := ca.leaf(t, 60*day)
	const ldapRequest = 31
	for _, c := range []struct {
		name, scheme string
		prelude      func(net.Conn) bool
		message      string // empty: a certificate is shown
	}{
		{"SMTP", "smtp", script("220-mail.lan ESMTP", "220 ready", "< EHLO unity", "250-mail.lan", "250-SIZE 1000", "250-STARTTLS", "250 HELP", "< STARTTLS", "220 go ahead"), ""},
		{"submission", "submission", script("220 mail.lan", "< EHLO unity", "250 starttls", "< STARTTLS", "220 go"), ""},
		{"SMTP without it", "smtp", script("220 mail.lan", "< EHLO unity", "250-mail.lan", "250 SIZE 1000"), "STARTTLS is not offered at smtp://"},
		{"SMTP that refuses it", "smtp", script("220 mail.lan", "< EHLO unity", "250 STARTTLS", "< STARTTLS", "454 TLS not available"), `STARTTLS is not offered: it says "454 TLS not available"`},
		{"SMTP that takes nobody", "smtp", script("554 go away"), "it takes no connection: 554 go away"},
		{"SMTP that is IMAP", "smtp", script("* OK ready"), `it does not speak SMTP: it says "* OK ready"`},
		{"IMAP", "imap", script("* OK ready", "< a1 STARTTLS", "* CAPABILITY IMAP4rev1", "a1 OK begin"), ""},
		{"IMAP without it", "imap", script("* OK ready", "< a1 STARTTLS", "a1 BAD unknown command"), `STARTTLS is not offered: it says "BAD unknown command"`},
		{"IMAP that is POP3", "imap", script("+OK ready"), "it does not speak IMAP"},
		{"POP3", "pop3", script("+OK ready", "< STLS", "+OK begin"), ""},
		{"POP3 without it", "pop3", script("+OK ready", "< STLS", "-ERR unknown"), "STARTTLS is not offered"},
		{"POP3 that is SMTP", "pop3", script("220 mail.lan"), "it does not speak POP3"},
		{"FTP", "ftp", script("220-nas", " welcome to it", "220 ready", "< AUTH TLS", "234 go"), `it does not speak FTP: it says "welcome to it"`},
		{"FTP with two lines", "ftp", script("220-nas", "220 ready", "< AUTH TLS", "234 go"), ""},
		{"FTP without it", "ftp", script("220 ready", "< AUTH TLS", "530 Please login"), `STARTTLS is not offered: it says "530 Please login"`},
		{"PostgreSQL", "postgres", binaryStep(8, "S"), ""},
		{"PostgreSQL without it", "postgresql", binaryStep(8, "N"), "STARTTLS is not offered"},
		{"PostgreSQL that is HTTP", "postgres", binaryStep(8, "HTTP/1.1 400 Bad Request\r\n"), "it does not speak the protocol of PostgreSQL"},
		{"MySQL", "mysql", sayThenRead(greeting(0x0a00), 36), ""},
		{"MySQL without it", "mariadb", sayThenRead(greeting(0x0200), 0), "STARTTLS is not offered"},
		{"MySQL that takes nobody", "mysql", sayThenRead("\x1f\x00\x00\x00\xff\x6a\x04Host 'x' is not allowed here\x00", 0), "it takes no connection: Host 'x' is not allowed"},
		{"MySQL that is SSH", "mysql", sayThenRead("SSH-2.0-OpenSSH_9.2\r\n", 0), "it does not speak the protocol of MySQL"},
		{"LDAP", "ldap", binaryStep(ldapRequest, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), ""},
		{"LDAP of Active Directory, with long lengths", "ldap", binaryStep(ldapRequest, "\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"), ""},
		{"LDAP without it", "ldap", binaryStep(ldapRequest, "\x30\x16\x02\x01\x01\x78\x11\x0a\x01\x02\x04\x00\x04\x0aunsupporte"), "STARTTLS is not offered: it says \"result 2 unsupporte\""},
		{"LDAP that is SSH", "ldap", binaryStep(ldapRequest, "SSH-2.0-OpenSSH_9.2\r\n"), "it does not speak LDAP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at := plugintest.Listen(t, func(conn net.Conn) {
				if c.prelude(conn) {
					serveTLS(&tls.Config{Certificates: []tls.Certificate{pair.tls()}})(conn) //nolint:gosec // any version is good for a test
				}
			})
			s := collect(t, open(t, settings{"target": c.scheme + "://" + at, "tls_ca_file": ca.rootFile, "retries": 0}))
			switch {
			case c.message == "" && (s.values["ssl_probe_success"] != 1 || s.wrong() != ""):
				t.Errorf("seen %v: %s; wrong %q", s.values["ssl_probe_success"], s.snapshot.Message, s.wrong())
			case c.message != "" && !strings.Contains(s.snapshot.Message, c.message):
				t.Errorf("it says %q, want %q", s.snapshot.Message, c.message)
			}
		})
	}
}

func TestNothingMayFollowInTheClear(t *testing.T) {
	t.Parallel()
	at := plugintest.Listen(t, func(conn net.Conn) {
		if script("220 mail.lan", "< EHLO unity", "250 STARTTLS", "< STARTTLS")(conn) {
			_, _ = io.WriteString(conn, "220 go ahead\r\n250 injected\r\n")
			_, _ = conn.Read(make([]byte, 1))
		}
	})
	s := collect(t, open(t, settings{"target": "smtp://" + at, "retries": 0}))
	if !strings.Contains(s.snapshot.Message, "it goes on in the clear after it agreed to TLS") {
		t.Errorf("it says %q", s.snapshot.Message)
	}
}
