package syncthing

import (
	"context"
	"encoding/xml"
	"errors"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// configFiles are where Syncthing keeps its settings.
func configFiles() []string {
	return []string{
		"/home/*/.local/state/syncthing/config.xml", "/home/*/.config/syncthing/config.xml",
		"/root/.local/state/syncthing/config.xml", "/root/.config/syncthing/config.xml",
		"/var/lib/syncthing/.local/state/syncthing/config.xml", "/var/lib/syncthing/.config/syncthing/config.xml", "/var/lib/syncthing/config.xml",
	}
}

// settings is what matters of Syncthing's config file.
type settings struct {
	key, address string
	tls          bool
}

// readSettings reads Syncthing's config file.
func readSettings(files plugin.Files, name string) (settings, error) {
	raw, err := files.ReadFile(name)
	if err != nil {
		return settings{}, fault.Wrap(err, "reading the API key")
	}
	return parseSettings(raw, name)
}

func parseSettings(raw []byte, name string) (settings, error) {
	var document struct {
		XMLName xml.Name `xml:"configuration"`
		GUI     struct {
			TLS     bool   `xml:"tls,attr"`
			Address string `xml:"address"`
			Key     string `xml:"apikey"`
		} `xml:"gui"`
	}
	if err := xml.Unmarshal(raw, &document); err != nil {
		return settings{}, fault.New(fault.Config, "reading the API key: %s is not a config file of Syncthing", name)
	}
	key := strings.TrimSpace(document.GUI.Key)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return settings{}, fault.New(fault.Config, "reading the API key: there is none in %s", name).
			WithHint("let Syncthing make one: on its page, under Actions, Settings, General")
	}
	return settings{key: key, address: strings.TrimSpace(document.GUI.Address), tls: document.GUI.TLS}, nil
}

// detect asks at the usual port of this machine, without a key, and looks for the
// file with the key.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	const plain, secure = "http://127.0.0.1:8384", "https://127.0.0.1:8384"
	name, known := settingsFor(host.Files, "8384")
	version, err := whoAnswers(ctx, host, plain)
	finding := plugin.Finding{
		Config: map[string]any{"url": plain}, Evidence: "Syncthing " + version + " answers at " + plain,
		Missing: "the API key, which is on its page under Actions, Settings, General",
	}
	switch {
	case err == nil && name != "":
		finding.Config = map[string]any{"url": plain, "config_file": name}
		finding.Missing = "your leave to take the API key from " + name
	case err == nil:
	case fault.Of(err) == fault.TLS && known.tls:
		// It sends whoever asks without TLS there, where its certificate is its own.
		finding.Config = map[string]any{"url": secure, "config_file": name}
		finding.Evidence = "a server with a certificate of its own answers at " + secure + ", as " + name + " says of Syncthing"
		finding.Missing = "tls_fingerprint of the certificate, and your leave to take the API key from " + name
	default:
		return nil, ctx.Err()
	}
	return []plugin.Finding{finding}, ctx.Err()
}

// whoAnswers returns the version of the Syncthing that answers, which it says to
// everybody.
func whoAnswers(ctx context.Context, host plugin.Host, url string) (version string, err error) {
	at := fetch.Defaults()
	at.URL, at.Timeout = url, plugin.Duration(detectTimeout)
	client, err := fetch.New(at, host)
	if err != nil {
		return "", err
	}
	defer func() { _ = client.Close() }()
	var header http.Header
	status := (*fetch.StatusError)(nil)
	answer, err := client.Do(ctx, fetch.Request{Path: "/rest/noauth/health"})
	switch {
	case err == nil:
		header = answer.Header
		_ = answer.Body.Close()
	case errors.As(err, &status): // before 1.22 there is no such page
		header = status.Header
	default:
		return "", err
	}
	if header.Get(idHeader) == "" {
		return "", fault.New(fault.WrongService, "%s answers and is not Syncthing", url)
	}
	return shorten(header.Get("X-Syncthing-Version")), nil
}

// settingsFor finds the config file of a Syncthing whose page is at the port, if
// it may be read.
func settingsFor(files plugin.Files, port string) (string, settings) {
	for _, pattern := range configFiles() {
		for _, name := range expand(files, pattern) {
			known, err := readSettings(files, name)
			if err != nil {
				continue
			}
			if _, at, err := net.SplitHostPort(known.address); err == nil && at == port {
				return name, known
			}
		}
	}
	return "", settings{}
}

// expand puts the folders of people in place of the star.
func expand(files plugin.Files, pattern string) []string {
	before, after, found := strings.Cut(pattern, "*")
	if !found {
		return []string{pattern}
	}
	entries, err := files.ReadDir(strings.TrimSuffix(before, "/"))
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries[:min(len(entries), 100)] {
		names = append(names, path.Join(before, entry.Name(), after))
	}
	return names
}
