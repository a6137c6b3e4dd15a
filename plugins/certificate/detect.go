package certificate

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// yourWord is missing where only a person knows whether it matters.
const yourWord = "your word that it matters"

// store is a place where a program keeps the certificates that it gets.
type store struct {
	name, pattern, of string
	authority         string // its own, where it has one
}

func stores() []store {
	const caddy = "/var/lib/caddy/.local/share/caddy"
	return []store{
		{"letsencrypt", "/etc/letsencrypt/live/*/fullchain.pem", "certbot", ""},
		{"pve", "/etc/pve/local/pve-ssl.pem", "Proxmox", "/etc/pve/pve-root-ca.pem"},
		{"caddy", caddy + "/certificates/acme*/*/*.crt", "Caddy", ""},
		{"caddy-local", caddy + "/certificates/local/*/*.crt", "Caddy", caddy + "/pki/authorities/local/root.crt"},
		{"traefik", "/etc/traefik/acme.json", "Traefik", ""},
		{"traefik", "/var/lib/traefik/acme.json", "Traefik", ""},
		{"traefik", "/letsencrypt/acme.json", "Traefik", ""},
	}
}

// detect proposes certificates that programs of this machine got, those that its
// web servers name in their settings, and those of its ports that speak TLS.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	known := make(map[string]bool)
	for _, s := range stores() {
		if finding, ok := s.find(host, known); ok {
			findings = append(findings, finding)
		}
	}
	findings = append(findings, named(host, known)...)
	findings = append(findings, ports(ctx, host)...)
	return findings, ctx.Err()
}

// find reports whether there are certificates in the store. Those who may be read
// need nothing more.
func (s store) find(host plugin.Host, known map[string]bool) (plugin.Finding, bool) {
	c := &collector{host: host, target: target{pattern: s.pattern}}
	names, err := c.names()
	config := map[string]any{"target": s.pattern}
	if s.authority != "" {
		config["tls_ca_file"] = s.authority
	}
	finding := plugin.Finding{Name: s.name, Config: config, Evidence: s.pattern + ", where " + s.of + " keeps certificates"}
	if err == nil {
		for _, name := range names {
			known[name] = true
			if _, err = c.readFile(name, ""); err != nil {
				break
			}
		}
	}
	switch {
	case err == nil:
		finding.Ready = true
	case fault.Of(err) == fault.Permission:
		finding.Missing = "the right to read " + s.pattern
	default:
		return plugin.Finding{}, false
	}
	return finding, true
}

// settings are where web servers say which certificates they show.
type settings struct {
	server, pattern, key string
}

func webServers() []settings {
	return []settings{
		{"nginx", "/etc/nginx/nginx.conf", `ssl_certificate`},
		{"nginx", "/etc/nginx/conf.d/*.conf", `ssl_certificate`},
		{"nginx", "/etc/nginx/sites-enabled/*", `ssl_certificate`},
		{"Apache", "/etc/apache2/sites-enabled/*", `SSLCertificateFile`},
		{"Apache", "/etc/httpd/conf.d/*.conf", `SSLCertificateFile`},
		{"HAProxy", "/etc/haproxy/haproxy.cfg", `bind\s.*\scrt`},
	}
}

// maxNamed bounds what is proposed of the settings of web servers.
const maxNamed = 20

// named proposes the certificates that web servers name in their settings.
func named(host plugin.Host, known map[string]bool) []plugin.Finding {
	var findings []plugin.Finding
	for _, s := range webServers() {
		line := regexp.MustCompile(`(?m)^\s*` + s.key + `\s+"?(/[^\s;"]+)`)
		files, err := glob(host.Files, s.pattern)
		if err != nil {
			continue // there is no such server
		}
		for _, name := range files {
			text, err := host.Files.ReadFile(name)
			if err != nil {
				continue
			}
			for _, match := range line.FindAllStringSubmatch(string(text), -1) {
				file := path.Clean(match[1])
				if known[file] || len(findings) >= maxNamed {
					continue
				}
				known[file] = true
				findings = append(findings, proposeFile(host, file, s.server+" names it in "+name))
			}
		}
	}
	return findings
}

func proposeFile(host plugin.Host, file, evidence string) plugin.Finding {
	finding := plugin.Finding{Name: strings.Trim(strings.ReplaceAll(path.Base(file), ".", "-"), "-"), Config: map[string]any{"target": file}, Evidence: evidence}
	c := &collector{host: host, target: target{pattern: file}}
	list, err := c.readFile(file, "")
	switch {
	case fault.Of(err) == fault.Permission:
		finding.Missing = "the right to read " + file
	case err != nil:
		finding.Missing = "a certificate in the file: " + err.Error()
	case isSelfIssued(list[0].chain[0]):
		finding.Missing = yourWord + ": it is signed by itself"
	default:
		finding.Ready = true
	}
	return finding
}

// tlsPorts are the ports at which programs speak TLS from the first byte on.
func tlsPorts() []uint16 { return []uint16{443, 465, 636, 993, 995, 8006, 8443} }

// knockTime bounds one port: detection is for what answers at once.
const knockTime = time.Second

// ports proposes the ports of this machine that speak TLS. Which of them matter
// is for a person to say.
func ports(ctx context.Context, host plugin.Host) []plugin.Finding {
	var findings []plugin.Finding
	for _, port := range tlsPorts() {
		if !listens(host.Files, port) {
			continue
		}
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port).String()
		names, ok := knock(ctx, host, at)
		if !ok {
			continue
		}
		config := map[string]any{"target": at}
		if len(names) > 0 && !strings.HasPrefix(names[0], "*") {
			config["tls_server_name"] = names[0]
		}
		findings = append(findings, plugin.Finding{
			Name: strconv.Itoa(int(port)), Config: config, Missing: yourWord,
			Evidence: strings.TrimSpace("port " + strconv.Itoa(int(port)) + " speaks TLS " + strings.Join(names[:min(len(names), 3)], ", ")),
		})
	}
	return findings
}

// listens reports whether something listens at the port: the second word of a
// line of /proc/net/tcp is the address in hexadecimal digits, the fourth the state.
func listens(files plugin.Files, port uint16) bool {
	const listening = "0A"
	ending := strings.ToUpper(strconv.FormatUint(0x10000|uint64(port), 16))[1:]
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := files.ReadFile(name)
		if err != nil {
			continue // not Linux, or without IPv6
		}
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			if len(words) > 3 && words[3] == listening && strings.HasSuffix(words[1], ":"+ending) {
				return true
			}
		}
	}
	return false
}

// knock makes a handshake and returns what the certificate is for.
func knock(ctx context.Context, host plugin.Host, at string) ([]string, bool) {
	ctx, cancel := context.WithTimeout(ctx, knockTime)
	defer cancel()
	conn, err := host.Dial(ctx, "tcp", at)
	if err != nil {
		return nil, false
	}
	defer func() { _ = conn.Close() }()
	c := &collector{host: host, tls: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // nothing is sent
	found, err := c.shake(ctx, conn)
	if err != nil {
		return nil, false
	}
	names := slices.DeleteFunc(namesOf(found.state.PeerCertificates[0]), func(name string) bool { return net.ParseIP(name) != nil })
	return names, true
}
