package emailserver

import (
	"encoding/base64"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// dialect is how a protocol says what all of them say.
type dialect struct {
	port     int
	implicit bool // TLS is spoken at once
	// greet reads what the server says first, and returns its banner.
	greet func(t *talk) (string, error)
	// able asks what the server can do, before TLS and again over it; own is the
	// name that Unity gives.
	able func(t *talk, own string) (abilities, error)
	// start asks for TLS.
	start func(t *talk) error
	login func(t *talk, user, password string) error
	quit  string
}

// abilities are what a server says that it can do.
type abilities struct {
	startTLS bool
	auth     []string // mechanisms
}

func dialectOf(protocol string) dialect {
	smtp := dialect{port: 25, greet: greetSMTP, able: ableSMTP("EHLO"), start: startSMTP, login: loginSMTP, quit: "QUIT"}
	imap := dialect{port: 143, greet: greetIMAP, able: ableIMAP, start: startIMAP, login: loginIMAP, quit: "a4 LOGOUT"}
	pop3 := dialect{port: 110, greet: greetPOP3, able: ablePOP3, start: startPOP3, login: loginPOP3, quit: "QUIT"}
	switch protocol {
	case "submission":
		smtp.port = 587
	case "smtps":
		smtp.port, smtp.implicit = 465, true
	case "lmtp":
		smtp.port, smtp.able = 24, ableSMTP("LHLO")
	case "imap":
		return imap
	case "imaps":
		imap.port, imap.implicit = 993, true
		return imap
	case "pop3":
		return pop3
	case "pop3s":
		pop3.port, pop3.implicit = 995, true
		return pop3
	case "sieve":
		return dialect{port: 4190, greet: greetSieve, able: ableSieve, start: startSieve, login: loginSieve, quit: "LOGOUT"}
	}
	return smtp
}

// reply reads an answer of SMTP, whose last line has a space after the code.
func reply(t *talk) (code string, lines []string, err error) {
	odd := ""
	all, err := t.lines(func(line string) bool {
		if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" {
			odd = line
			return true
		}
		return len(line) == 3 || line[3] != '-'
	})
	switch {
	case err != nil:
		return "", nil, err
	case odd != "" || all[len(all)-1] == "":
		return "", nil, unexpected(odd)
	}
	for _, line := range all {
		lines = append(lines, strings.TrimLeft(line[3:], "- "))
	}
	return all[len(all)-1][:3], lines, nil
}

func greetSMTP(t *talk) (string, error) {
	code, lines, err := reply(t)
	switch {
	case err != nil:
		return "", err
	case code != "220":
		return "", turnedAway(code + " " + strings.Join(lines, " "))
	default:
		return lines[0], nil
	}
}

func ableSMTP(hello string) func(*talk, string) (abilities, error) {
	return func(t *talk, own string) (abilities, error) {
		if err := t.send(hello+" "+own, hello); err != nil {
			return abilities{}, err
		}
		code, lines, err := reply(t)
		switch {
		case err != nil:
			return abilities{}, err
		case code != "250":
			return abilities{}, turnedAway(code + " " + strings.Join(lines, " "))
		}
		var can abilities
		for _, line := range lines[1:] {
			word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch strings.ToUpper(word) {
			case "STARTTLS":
				can.startTLS = true
			case "AUTH":
				can.auth = strings.Fields(strings.ToUpper(rest))
			}
		}
		return can, nil
	}
}

func startSMTP(t *talk) error {
	if err := t.send("STARTTLS", "STARTTLS"); err != nil {
		return err
	}
	code, lines, err := reply(t)
	if err == nil && code != "220" {
		err = notOffered(code + " " + strings.Join(lines, " "))
	}
	return err
}

func loginSMTP(t *talk, user, password string) error {
	if err := t.send("AUTH PLAIN "+plain(user, password), "AUTH PLAIN"); err != nil {
		return err
	}
	code, lines, err := reply(t)
	if err == nil && code != "235" {
		err = loginRefused(code + " " + strings.Join(lines, " "))
	}
	return err
}

// plain is a login as SASL has it (RFC 4616).
func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

func greetIMAP(t *talk) (string, error) {
	line, err := t.line()
	if err != nil {
		return "", err
	}
	word, banner, _ := strings.Cut(strings.TrimPrefix(line, "* "), " ")
	switch {
	case !strings.HasPrefix(line, "* "):
		return "", unexpected(line)
	case strings.EqualFold(word, "OK"), strings.EqualFold(word, "PREAUTH"):
		return banner, nil
	case strings.EqualFold(word, "BYE"):
		return "", turnedAway(banner)
	default:
		return "", unexpected(line)
	}
}

// askIMAP sends a command and returns the lines before the one that ends its
// answer, which has to be OK.
func askIMAP(t *talk, tag, command, shown string, refused func(said string) error) ([]string, error) {
	if err := t.send(tag+" "+command, shown); err != nil {
		return nil, err
	}
	all, err := t.lines(func(line string) bool { return strings.HasPrefix(line, tag+" ") })
	if err != nil {
		return nil, err
	}
	last := strings.TrimPrefix(all[len(all)-1], tag+" ")
	if word, _, _ := strings.Cut(last, " "); !strings.EqualFold(word, "OK") {
		return nil, refused(last)
	}
	return all[:len(all)-1], nil
}

func ableIMAP(t *talk, _ string) (abilities, error) {
	lines, err := askIMAP(t, "a1", "CAPABILITY", "CAPABILITY", unexpected)
	var can abilities
	for _, line := range lines {
		words := strings.Fields(strings.ToUpper(line))
		if len(words) < 2 || words[1] != "CAPABILITY" {
			continue
		}
		for _, word := range words[2:] {
			if mechanism, is := strings.CutPrefix(word, "AUTH="); is {
				can.auth = append(can.auth, mechanism)
			}
			can.startTLS = can.startTLS || word == "STARTTLS"
		}
	}
	return can, err
}

func startIMAP(t *talk) error {
	_, err := askIMAP(t, "a2", "STARTTLS", "STARTTLS", notOffered)
	return err
}

func loginIMAP(t *talk, user, password string) error {
	_, err := askIMAP(t, "a3", "LOGIN "+quoted(user)+" "+quoted(password), "LOGIN", loginRefused)
	return err
}

// quoted is a text as IMAP quotes it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// askPOP3 sends a command and returns the line that answers it.
func askPOP3(t *talk, command, shown string, refused func(said string) error) (string, error) {
	if command != "" {
		if err := t.send(command, shown); err != nil {
			return "", err
		}
	}
	line, err := t.line()
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(line, "+OK"):
		return strings.TrimSpace(line[3:]), nil
	case strings.HasPrefix(line, "-ERR"):
		return "", refused(strings.TrimSpace(line[4:]))
	default:
		return "", unexpected(line)
	}
}

func greetPOP3(t *talk) (string, error) { return askPOP3(t, "", "", turnedAway) }

func ablePOP3(t *talk, _ string) (abilities, error) {
	var can abilities
	_, err := askPOP3(t, "CAPA", "CAPA", unknown)
	if no := asRefusal(err); no != nil && no.kind == fault.Unsupported {
		return can, nil // it is from before there was such a question
	} else if err != nil {
		return can, err
	}
	lines, err := t.lines(func(line string) bool { return line == "." })
	for _, line := range lines {
		words := strings.Fields(strings.ToUpper(line))
		switch {
		case len(words) == 0:
		case words[0] == "STLS":
			can.startTLS = true
		case words[0] == "SASL":
			can.auth = words[1:]
		}
	}
	return can, err
}

// unknown is a question that a server does not know.
func unknown(said string) error {
	return &refusal{kind: fault.Unsupported, why: plugin.Shorten(said, 80)}
}

func startPOP3(t *talk) error {
	_, err := askPOP3(t, "STLS", "STLS", notOffered)
	return err
}

func loginPOP3(t *talk, user, password string) error {
	if _, err := askPOP3(t, "USER "+user, "USER", loginRefused); err != nil {
		return err
	}
	_, err := askPOP3(t, "PASS "+password, "PASS", loginRefused)
	return err
}

// block reads an answer of ManageSieve, which ends with OK, NO or BYE.
func block(t *talk, refused func(said string) error) ([]string, error) {
	all, err := t.lines(func(line string) bool { return !strings.HasPrefix(line, `"`) })
	if err != nil {
		return nil, err
	}
	last := all[len(all)-1]
	switch word, said, _ := strings.Cut(last, " "); strings.ToUpper(word) {
	case "OK":
		return all[:len(all)-1], nil
	case "NO", "BYE":
		return nil, refused(said)
	default:
		return nil, unexpected(last)
	}
}

// greetSieve leaves the greeting to ableSieve: it is nothing else, and comes again
// once TLS is spoken.
func greetSieve(t *talk) (string, error) {
	if _, err := t.from.Peek(1); err != nil {
		return "", err
	}
	return "", nil
}

func ableSieve(t *talk, _ string) (abilities, error) {
	lines, err := block(t, turnedAway)
	var can abilities
	for _, line := range lines {
		name, value, _ := strings.Cut(line, `" "`)
		switch strings.ToUpper(strings.Trim(name, `"`)) {
		case "STARTTLS":
			can.startTLS = true
		case "SASL":
			can.auth = strings.Fields(strings.ToUpper(strings.Trim(value, `"`)))
		}
	}
	return can, err
}

func startSieve(t *talk) error {
	if err := t.send("STARTTLS", "STARTTLS"); err != nil {
		return err
	}
	_, err := block(t, notOffered)
	return err
}

func loginSieve(t *talk, user, password string) error {
	if err := t.send(`AUTHENTICATE "PLAIN" "`+plain(user, password)+`"`, "AUTHENTICATE"); err != nil {
		return err
	}
	_, err := block(t, loginRefused)
	return err
}
