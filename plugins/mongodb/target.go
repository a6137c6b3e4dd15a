package mongodb

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

const defaultPort = "27017"

// target is where a server answers.
type target struct {
	network, address string
	name             string // of the machine, for its certificate
}

// String writes the target as a person would.
func (t target) String() string { return t.address }

// login is what a connection string may hold beside the address.
type login struct {
	username, password string
	source, mechanism  string
	secure             *bool
}

// parseTarget reads mongodb://host:port, and what people write in its place:
// host, host:port and the path of a socket.
func parseTarget(text string) (target, error) {
	at, with, err := parseURI(text)
	switch {
	case err != nil:
		return target{}, plugin.Invalid("url", "%s", err)
	case with.username != "":
		return target{}, plugin.Invalid("url", "must not hold a user or password; there are settings for them, and connection_string")
	default:
		return at, nil
	}
}

// parseURI reads a connection string. What it says of pools, sets and writing is
// of no matter here. Its errors quote nothing of it.
func parseURI(text string) (target, login, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "/") {
		return target{network: "unix", address: text}, login{}, nil
	}
	if strings.HasPrefix(text, "mongodb+srv://") {
		return target{}, login{}, errors.New("names servers through DNS (mongodb+srv); give the address of one server: mongodb://host:27017")
	}
	rest, found := strings.CutPrefix(text, "mongodb://")
	if !found && strings.Contains(text, "://") {
		return target{}, login{}, errors.New("must begin with mongodb://")
	}
	authority, query, _ := strings.Cut(rest, "?")
	authority, database, _ := strings.Cut(authority, "/")
	var with login
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		name, password, _ := strings.Cut(authority[:i], ":")
		authority = authority[i+1:]
		var errName, errPassword error
		with.username, errName = url.PathUnescape(name)
		with.password, errPassword = url.PathUnescape(password)
		if errName != nil || errPassword != nil || with.username == "" {
			return target{}, login{}, errors.New("holds a user or password that is not written with %xx for special characters")
		}
		with.source = database
	}
	at, err := parseAuthority(authority)
	if err != nil {
		return target{}, login{}, err
	}
	return at, with, with.options(query)
}

func parseAuthority(authority string) (target, error) {
	if strings.Contains(authority, ",") {
		return target{}, errors.New("names several servers; a source watches one of them: make a source for each")
	}
	if path, err := url.PathUnescape(authority); err == nil && strings.HasPrefix(path, "/") {
		return target{network: "unix", address: path}, nil
	}
	name, port := authority, defaultPort
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		name, port = authority[:i], authority[i+1:]
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if name == "" || strings.ContainsAny(name, " /%") {
		return target{}, errors.New("names no host")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return target{}, errors.New("has a port that is not between 1 and 65535")
	}
	return target{network: "tcp", address: net.JoinHostPort(name, port), name: name}, nil
}

// options takes from the options what matters here.
func (l *login) options(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("has options that are not written as name=value&name=value")
	}
	for name, value := range values {
		switch strings.ToLower(name) {
		case "authsource":
			l.source = value[0]
		case "authmechanism":
			l.mechanism = value[0]
		case "tls", "ssl":
			secure := value[0] == "true"
			l.secure = &secure
		}
	}
	return nil
}
