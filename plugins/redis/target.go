package redis

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

const defaultPort = "6379"

// target is where a server answers.
type target struct {
	network, address string
	secure           bool   // speaks TLS
	name             string // of the machine, for its certificate
}

// parseTarget reads redis://host:port, rediss://host:port and unix:///path, and
// what people write in their place: host, host:port and /path.
func parseTarget(text string) (target, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "/") {
		return target{network: "unix", address: text}, nil
	}
	if !strings.Contains(text, "://") {
		text = "redis://" + text
	}
	at, err := url.Parse(text)
	switch {
	case err != nil:
		return target{}, plugin.Invalid("url", "is not an address such as redis://192.168.1.10:6379")
	case at.User != nil:
		return target{}, plugin.Invalid("url", "must not hold a user or password; there are settings for them")
	case at.RawQuery != "" || at.Fragment != "":
		return target{}, plugin.Invalid("url", "must not have a query or a fragment")
	case at.Scheme == "unix":
		if at.Host != "" || !strings.HasPrefix(at.Path, "/") {
			return target{}, plugin.Invalid("url", "must be the absolute path of a socket: unix:///run/redis/redis-server.sock")
		}
		return target{network: "unix", address: at.Path}, nil
	case at.Hostname() == "":
		return target{}, plugin.Invalid("url", "names no host")
	case strings.Trim(at.Path, "/") != "":
		return target{}, plugin.Invalid("url", "must not name a database; the whole server is watched")
	}
	port := at.Port()
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return target{}, plugin.Invalid("url", "has a port that is not between 1 and 65535")
	}
	if port == "" {
		port = defaultPort
	}
	t := target{network: "tcp", address: net.JoinHostPort(at.Hostname(), port), name: at.Hostname()}
	switch at.Scheme {
	case "redis", "valkey":
	case "rediss", "valkeys":
		t.secure = true
	default:
		return target{}, plugin.Invalid("url", "must begin with redis://, rediss:// or unix://")
	}
	return t, nil
}

// String writes the target as a person would.
func (t target) String() string {
	switch {
	case t.network == "unix":
		return "unix://" + t.address
	case t.secure:
		return "rediss://" + t.address
	default:
		return "redis://" + t.address
	}
}
