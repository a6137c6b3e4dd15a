package dns

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/idna"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// How a name server is asked.
const (
	transportUDP   = "udp"
	transportTCP   = "tcp"
	transportTLS   = "tls"
	transportHTTPS = "https"
)

// asker sends questions to one name server.
type asker struct {
	host      plugin.Host
	transport string
	address   string // or that of the service, for https
	timeout   time.Duration
	security  fetch.TLS
}

// reply is what a name server answered.
type reply struct {
	rcode         string
	code          int
	authenticated bool
	answers       []string // of the type that was asked for
}

// maxMessage bounds an answer; what is announced for UDP avoids fragments.
const (
	maxMessage   = 64 << 10
	announcedUDP = 1232
)

// recordTypes are the types that can be asked for.
func recordTypes() map[string]dnsmessage.Type {
	return map[string]dnsmessage.Type{
		"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX, "NS": dnsmessage.TypeNS,
		"PTR": dnsmessage.TypePTR, "SOA": dnsmessage.TypeSOA, "SRV": dnsmessage.TypeSRV, "TXT": dnsmessage.TypeTXT,
		"DS": 43, "DNSKEY": 48, "HTTPS": 65, "CAA": 257,
	}
}

// questionName makes a name as it is asked for: with a dot at its end, and in
// punycode.
func questionName(text string) (dnsmessage.Name, error) {
	text = strings.TrimSuffix(text, ".")
	if ascii, err := idna.Lookup.ToASCII(text); err == nil {
		text = ascii
	}
	for label := range strings.SplitSeq(text, ".") {
		if text != "" && (label == "" || len(label) > 63) {
			return dnsmessage.Name{}, fmt.Errorf("a label of %d bytes", len(label))
		}
	}
	return dnsmessage.NewName(text + ".")
}

// ask asks for a record. An answer with a code that says no is an answer.
func (a asker) ask(ctx context.Context, name string, of dnsmessage.Type, class dnsmessage.Class, signed bool) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	asked, err := questionName(name)
	if err != nil {
		return reply{}, fault.New(fault.Config, "%q is not a name that can be asked for", name)
	}
	question := dnsmessage.Question{Name: asked, Type: of, Class: class}
	packed, id, err := a.pack(question, signed)
	if err != nil {
		return reply{}, fault.As(fault.Config, err, "asking for %s", name)
	}
	raw, err := a.exchange(ctx, a.transport, packed, id)
	if err == nil && a.transport == transportUDP && truncated(raw) {
		raw, err = a.exchange(ctx, transportTCP, packed, id)
	}
	if err != nil {
		return reply{}, a.explain(ctx, err)
	}
	got, err := parseReply(raw, id, question)
	if err != nil {
		return reply{}, fault.New(fault.BadAnswer, "asking %s: %v", a.address, err)
	}
	plugin.Observed(ctx, questionText(question), func() []byte { return []byte(got.text()) })
	return got, nil
}

// questionText is how a question is called in a case.
func questionText(q dnsmessage.Question) string {
	for name, of := range recordTypes() {
		if of == q.Type {
			return strings.TrimSpace(classWord(q.Class) + q.Name.String() + " " + name)
		}
	}
	return q.Name.String()
}

func classWord(class dnsmessage.Class) string {
	if class == dnsmessage.ClassCHAOS {
		return "CH "
	}
	return ""
}

// text writes the reply as a case has it: the code, and an answer a line.
func (r reply) text() string {
	first := r.rcode
	if r.authenticated {
		first += " AD"
	}
	return strings.Join(append([]string{first}, r.answers...), "\n") + "\n"
}

func (a asker) pack(q dnsmessage.Question, signed bool) (packed []byte, id uint16, err error) {
	if a.transport != transportHTTPS { // there it is 0, for the sake of caches
		id = uint16(rand.Uint32()) //nolint:gosec // an answer to another question is ignored, whoever guesses the number
	}
	builder := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true, AuthenticData: signed})
	var extra dnsmessage.ResourceHeader
	err = extra.SetEDNS0(announcedUDP, dnsmessage.RCodeSuccess, signed)
	for _, step := range []func() error{
		builder.StartQuestions, func() error { return builder.Question(q) },
		builder.StartAdditionals, func() error { return builder.OPTResource(extra, dnsmessage.OPTResource{}) },
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return nil, 0, err
	}
	packed, err = builder.Finish()
	return packed, id, err
}

func truncated(raw []byte) bool {
	const flags, tc = 2, 0x02
	return len(raw) > flags && raw[flags]&tc != 0
}

// exchange sends a question and returns the answer to it.
func (a asker) exchange(ctx context.Context, transport string, question []byte, id uint16) ([]byte, error) {
	if transport == transportHTTPS {
		return a.post(ctx, question)
	}
	network := "tcp"
	if transport == transportUDP {
		network = "udp"
	}
	conn, err := a.host.Dial(ctx, network, a.address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if transport == transportTLS {
		security, err := a.security.Config()
		if err != nil {
			return nil, err
		}
		if security.ServerName == "" {
			security.ServerName = hostOf(a.address)
		}
		secure := tls.Client(conn, security)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secure
	}
	if _, packets := conn.(net.PacketConn); packets {
		return exchangePackets(conn, question, id)
	}
	return exchangeStream(conn, question)
}

// exchangePackets waits for the answer to its own question: others may come late,
// or from who hopes to be believed.
func exchangePackets(conn net.Conn, question []byte, id uint16) ([]byte, error) {
	if _, err := conn.Write(question); err != nil {
		return nil, err
	}
	buffer := make([]byte, maxMessage)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, err
		}
		if n >= 2 && binary.BigEndian.Uint16(buffer) == id {
			return buffer[:n], nil
		}
	}
}

func exchangeStream(conn net.Conn, question []byte) ([]byte, error) {
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(question))) //nolint:gosec // a question has at most 512 bytes
	if _, err := conn.Write(append(framed, question...)); err != nil {
		return nil, err
	}
	var head [2]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	answer := make([]byte, binary.BigEndian.Uint16(head[:]))
	_, err := io.ReadFull(conn, answer)
	return answer, err
}

// post asks over HTTPS (RFC 8484).
func (a asker) post(ctx context.Context, question []byte) ([]byte, error) {
	client, err := fetch.New(fetch.Config{URL: a.address, Timeout: plugin.Duration(a.timeout), TLS: a.security}, a.host, fetch.WithMaxBody(maxMessage))
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	const form = "application/dns-message"
	answer, err := client.Do(ctx, fetch.Request{
		Method: http.MethodPost, Body: question, Header: http.Header{"Content-Type": {form}, "Accept": {form}},
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}

// explain says why there is no answer.
func (a asker) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	kind, words, hint := fetch.Explain(err)
	switch kind {
	case fault.Timeout:
		words = "no answer within " + a.timeout.String()
	case fault.Refused:
		hint = "see whether the name server runs, and listens on that address"
	}
	return &fault.Error{Kind: kind, Message: "asking " + a.address, Hint: hint, Err: fault.Reword(err, words)}
}

// parseReply reads the answer to a question.
func parseReply(raw []byte, id uint16, question dnsmessage.Question) (reply, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(raw)
	if err != nil || !header.Response || header.ID != id {
		return reply{}, errors.New("what came is no answer of a name server")
	}
	r := reply{rcode: rcodeName(header.RCode), code: int(header.RCode), authenticated: header.AuthenticData}
	questions, err := parser.AllQuestions()
	if err != nil || len(questions) > 0 && (questions[0].Type != question.Type || !strings.EqualFold(questions[0].Name.String(), question.Name.String())) {
		return reply{}, errors.New("the answer is one to another question")
	}
	for {
		head, err := parser.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return r, nil
		}
		if err != nil {
			return reply{}, fmt.Errorf("the answer cannot be understood: %w", err)
		}
		if head.Type != question.Type {
			err = parser.SkipAnswer()
		} else {
			var texts []string
			texts, err = recordTexts(&parser, head)
			r.answers = append(r.answers, texts...)
		}
		if err != nil {
			return reply{}, fmt.Errorf("the answer cannot be understood: %w", err)
		}
	}
}

// recordTexts reads the next record. One of the class CHAOS is a list of texts,
// any other is one.
func recordTexts(parser *dnsmessage.Parser, head dnsmessage.ResourceHeader) ([]string, error) {
	if head.Type == dnsmessage.TypeTXT && head.Class == dnsmessage.ClassCHAOS {
		body, err := parser.TXTResource()
		return body.TXT, err
	}
	text, err := recordText(parser, head)
	return []string{text}, err
}

// recordText reads the next record and writes it as zone files do.
func recordText(parser *dnsmessage.Parser, head dnsmessage.ResourceHeader) (string, error) {
	switch head.Type {
	case dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeCNAME, dnsmessage.TypeMX, dnsmessage.TypeNS, dnsmessage.TypePTR,
		dnsmessage.TypeSOA, dnsmessage.TypeSRV, dnsmessage.TypeTXT:
	default:
		unknown, err := parser.UnknownResource()
		return fmt.Sprintf(`\# %d %s`, len(unknown.Data), hex.EncodeToString(unknown.Data)), err
	}
	resource, err := parser.Answer()
	if err != nil {
		return "", err
	}
	switch body := resource.Body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(body.A).String(), nil
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(body.AAAA).String(), nil
	case *dnsmessage.CNAMEResource:
		return body.CNAME.String(), nil
	case *dnsmessage.MXResource:
		return fmt.Sprintf("%d %s", body.Pref, body.MX), nil
	case *dnsmessage.NSResource:
		return body.NS.String(), nil
	case *dnsmessage.PTRResource:
		return body.PTR.String(), nil
	case *dnsmessage.SOAResource:
		return fmt.Sprintf("%s %s %d %d %d %d %d", body.NS, body.MBox, body.Serial, body.Refresh, body.Retry, body.Expire, body.MinTTL), nil
	case *dnsmessage.SRVResource:
		return fmt.Sprintf("%d %d %d %s", body.Priority, body.Weight, body.Port, body.Target), nil
	case *dnsmessage.TXTResource:
		return strings.ToValidUTF8(strings.Join(body.TXT, ""), "�"), nil
	default:
		return "", errors.New("a record of another form")
	}
}

// rcodeName is the name of a code.
func rcodeName(code dnsmessage.RCode) string {
	names := []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}
	if int(code) < len(names) {
		return names[code]
	}
	return "RCODE" + itoa(int(code))
}
