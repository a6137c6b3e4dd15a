package emailserver_test

import (
	"bufio"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/emailserver"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, emailserver.Plugin(), plugintest.Findings{}, plugintest.SocketProtocol(serve), plugintest.NotInCases{
		"mail_tls_valid":                    "cases speak no TLS; TestEndpointsOfDovecot does",
		"mail_tls_expiry_timestamp_seconds": "cases speak no TLS; TestEndpointsOfDovecot does",
		"mail_dnsbl_listed":                 "cases answer no DNS; TestBlocklists does",
		"table Endpoints":                   "cases speak no TLS; TestEndpointsOfDovecot does",
		"table Blocklists":                  "cases answer no DNS; TestBlocklists does",
	})
}

// silence stands for the greeting of a server whose clients speak first.
const silence = "silence\n"

// serve answers as a mail server does: first of all what it says when somebody
// connects, then each line by its command, without what is secret or differs.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	whole := regexp.MustCompile(`(?m)^(\d{3}( .*)?|\* (OK|BYE) .*|a\d .*|\+OK.*|-ERR.*|\.|(OK|NO|BYE).*)\n\z`)
	tag := regexp.MustCompile(`^a\d `)
	from := bufio.NewReader(conn)
	question := "connect"
	for {
		text, err := ask(question)
		if err != nil {
			return
		}
		if string(text) != silence {
			if _, err := conn.Write([]byte(strings.ReplaceAll(string(text), "\n", "\r\n"))); err != nil || !whole.Match(text) {
				return // what is cut ends the connection
			}
		}
		line, err := from.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(tag.ReplaceAllString(line, ""))
		if len(words) == 0 {
			return
		}
		question = words[0]
		if question == "AUTH" {
			question += " " + words[1]
		}
	}
}
