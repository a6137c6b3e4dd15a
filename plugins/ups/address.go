package ups

import (
	"net"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// The ports that the daemons are known by.
const (
	portNUT     = 3493
	portApcupsd = 3551
)

// address returns where the daemon answers whose usual port is given, and
// whether the port was named by a person.
func (c config) address(usual int) (address string, named bool, err error) {
	name, port := strings.TrimSpace(c.Host), c.Port
	switch {
	case strings.Contains(name, "://"), strings.ContainsAny(name, "/@ "):
		return "", false, plugin.Invalid("host", "must be a name or an address such as 192.168.1.10, without http:// and the like")
	case strings.Count(name, ":") == 1, strings.HasPrefix(name, "["):
		bare, text, err := net.SplitHostPort(name)
		if err != nil && strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
			name = strings.Trim(name, "[]")
			break
		}
		n, bad := strconv.Atoi(text)
		switch {
		case err != nil, bad != nil, n < 1, n > 65535:
			return "", false, plugin.Invalid("host", "has a port that is not between 1 and 65535")
		case port != 0 && port != n:
			return "", false, plugin.Invalid("port", "is not the port that follows the host")
		}
		name, port = bare, n
	}
	if name == "" {
		return "", false, plugin.Invalid("host", "names no host")
	}
	named = port != 0
	if !named {
		port = usual
	}
	return net.JoinHostPort(name, strconv.Itoa(port)), named, nil
}
