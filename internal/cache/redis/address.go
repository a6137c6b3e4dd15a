package redis

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

const defaultPort = "6379"

// address is where a server answers, and as whom it is asked.
type address struct {
	network, target string
	machine         string // whose certificate it has to have; empty without TLS
	user, password  string
	database        string // empty for the first
}

// parseAddress reads redis://user:password@host:port/database, the same with
// rediss, valkey and valkeys, and unix://user:password@/path?db=database.
func parseAddress(text string) (address, error) {
	wrong := fault.New(fault.Config, "the address of Redis cannot be understood").
		WithHint("Write redis://user:password@host:6379/0, with %%40 for an @ in the password.")
	at, err := url.Parse(text)
	if err != nil {
		return address{}, wrong
	}
	var a address
	if at.User != nil {
		a.user = at.User.Username()
		a.password, _ = at.User.Password()
	}
	if at.Scheme == "unix" {
		a.network, a.target, a.database = "unix", at.Path, at.Query().Get("db")
		if at.Host != "" || a.target == "" {
			return address{}, wrong
		}
	} else {
		a.network, a.database = "tcp", strings.Trim(at.Path, "/")
		port := at.Port()
		if port == "" {
			port = defaultPort
		}
		a.target = net.JoinHostPort(at.Hostname(), port)
		if at.Hostname() == "" {
			return address{}, wrong
		}
	}
	switch at.Scheme {
	case "redis", "valkey", "unix":
	case "rediss", "valkeys":
		a.machine = at.Hostname()
	default:
		return address{}, wrong
	}
	if n, err := strconv.Atoi(a.database); a.database != "" && (err != nil || n < 0) {
		return address{}, wrong
	}
	return a, nil
}
