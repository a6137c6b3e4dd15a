package webservice

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	maxPorts     = 100
	knocksAtOnce = 8
	knockTime    = time.Second
)

// detect proposes the ports of this machine that speak HTTP. None starts by
// itself: which of them matter is for a person to say.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	listening, err := listeners(host.Files)
	if err != nil {
		return nil, err
	}
	found := make([]*plugin.Finding, len(listening))
	places := make(chan struct{}, knocksAtOnce)
	var group sync.WaitGroup
	for i, at := range listening {
		group.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			found[i] = knock(ctx, host, at)
		})
	}
	group.Wait()
	var findings []plugin.Finding
	for _, finding := range found {
		if finding != nil {
			findings = append(findings, *finding)
		}
	}
	return findings, nil
}

// listeners returns where something listens, at most one address for a port.
func listeners(files plugin.Files) ([]netip.AddrPort, error) {
	byPort := make(map[uint16]netip.AddrPort)
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := files.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not Linux, or without IPv6
		}
		if err != nil {
			return nil, fault.Wrap(err, "looking for open ports")
		}
		for line := range bytes.Lines(text) {
			at, ok := listener(string(line))
			if !ok {
				continue
			}
			if old, taken := byPort[at.Port()]; !taken || at.Addr().IsLoopback() && !old.Addr().IsLoopback() {
				byPort[at.Port()] = at
			}
		}
	}
	var list []netip.AddrPort
	for _, at := range byPort {
		list = append(list, at)
	}
	slices.SortFunc(list, func(a, b netip.AddrPort) int { return int(a.Port()) - int(b.Port()) })
	return list[:min(len(list), maxPorts)], nil
}

// listener reads one line of /proc/net/tcp: its second word is the address in
// hexadecimal words of the machine's byte order, the fourth the state.
func listener(line string) (netip.AddrPort, bool) {
	const listen = "0A"
	words := strings.Fields(line)
	if len(words) < 4 || words[3] != listen {
		return netip.AddrPort{}, false
	}
	address, portText, _ := strings.Cut(words[1], ":")
	port, err := strconv.ParseUint(portText, 16, 16)
	raw, hexErr := hex.DecodeString(address)
	if err != nil || hexErr != nil || port == 0 || (len(raw) != 4 && len(raw) != 16) {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	ip, _ := netip.AddrFromSlice(raw)
	ip = ip.Unmap()
	if ip.IsUnspecified() {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(ip, uint16(port)), true
}

// knock asks a port for a page, in clear and then over TLS. It sends no login.
func knock(ctx context.Context, host plugin.Host, at netip.AddrPort) *plugin.Finding {
	server, status, ok := ask(ctx, host, at, false)
	scheme, config := "http://", map[string]any{}
	if !ok || status == http.StatusBadRequest {
		// 400 is how many servers tell that they want TLS.
		if secureServer, _, secure := ask(ctx, host, at, true); secure {
			server, scheme, ok = secureServer, "https://", true
			config["verify_tls"] = false // the certificate is for another name than the address
		}
	}
	if !ok {
		return nil
	}
	config["url"] = scheme + at.String()
	evidence := "port " + strconv.Itoa(int(at.Port())) + " speaks HTTP"
	if scheme == "https://" {
		evidence += " over TLS"
	}
	if server != "" {
		evidence += " (" + server + ")"
	}
	return &plugin.Finding{
		Name: strconv.Itoa(int(at.Port())), Config: config, Evidence: evidence,
		Missing: "your word that it matters",
	}
}

func ask(ctx context.Context, host plugin.Host, at netip.AddrPort, secure bool) (server string, status int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, knockTime)
	defer cancel()
	conn, err := host.Dial(ctx, "tcp", at.String())
	if err != nil {
		return "", 0, false
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	stream := conn
	if secure {
		stream = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // nothing is sent that matters
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+"/", nil)
	if err != nil {
		return "", 0, false
	}
	request.Header.Set("User-Agent", "Unity")
	request.Close = true
	if err := request.Write(stream); err != nil {
		return "", 0, false
	}
	answer, err := http.ReadResponse(bufio.NewReader(stream), request)
	if err != nil {
		return "", 0, false
	}
	_ = answer.Body.Close()
	return short(strings.ToValidUTF8(answer.Header.Get("Server"), "")), answer.StatusCode, true
}
