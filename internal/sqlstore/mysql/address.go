package mysql

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
)

const example = "Write it as mysql://user:password@host:3306/name; what is special in a password is written as %40 for @, %23 for #, %2F for /."

// address is where a database is, and who asks for it.
type address struct {
	user, password string
	host           string // with port, or empty for a socket
	socket         string
	name           string
	tls            string // one of encryptions
	authority      string // a file with the certificate that the server's is signed by
}

// The ways to encrypt, as the driver calls them.
const (
	plain     = "false"
	wanted    = "preferred"   // where the server can, and whoever it is
	unchecked = "skip-verify" // always, and whoever it is
	checked   = "true"        // always, and the server proves who it is
)

func encryptions() []string { return []string{plain, wanted, unchecked, checked} }

// parse reads the URL of a database. What it says about a wrong one shows
// nothing of a password.
func parse(text string) (address, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return address{}, wrong("the URL of the database cannot be read")
	}
	if parsed.Scheme != "mysql" && parsed.Scheme != "mariadb" {
		return address{}, wrong("the URL of the database does not begin with mysql://")
	}
	a := address{user: parsed.User.Username(), name: strings.TrimPrefix(parsed.Path, "/")}
	a.password, _ = parsed.User.Password()
	switch {
	case parsed.Fragment != "" || strings.HasSuffix(text, "#"):
		return address{}, wrong("the URL of the database has a # in it")
	case a.user == "":
		return address{}, wrong("the URL of the database names no user")
	case a.name == "":
		return address{}, wrong("the URL names no database")
	case strings.ContainsRune(a.name, '/') || len(a.name) > maxName:
		return address{}, wrong("the URL names a database that cannot be: %q", a.name)
	}
	if err := a.readQuery(parsed.RawQuery); err != nil {
		return address{}, err
	}
	if err := a.readHost(parsed); err != nil {
		return address{}, err
	}
	if a.tls == "" {
		a.tls = wanted
		if a.near() {
			a.tls = plain
		}
	}
	return a, nil
}

// maxName is how long the name of a database may be.
const maxName = 64

func wrong(format string, args ...any) error {
	return fault.New(fault.Config, format, args...).WithHint("%s", example)
}

func (a *address) readQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return wrong("what follows the ? in the URL of the database cannot be read")
	}
	for name, values := range query {
		value := values[len(values)-1]
		switch name {
		case "tls":
			if !slices.Contains(encryptions(), value) {
				return fault.New(fault.Config, "the URL of the database has tls=%s", value).
					WithHint("tls is one of %s.", strings.Join(encryptions(), ", "))
			}
			a.tls = value
		case "ca":
			a.authority = value
		case "socket":
			a.socket = value
		default:
			return fault.New(fault.Config, "the URL of the database has a setting %q that there is not", name).
				WithHint("There are tls, ca and socket.")
		}
	}
	if a.authority != "" && cmp.Or(a.tls, checked) != checked {
		return fault.New(fault.Config, "the URL of the database has ca, and tls=%s", a.tls).
			WithHint("With ca, leave tls out or write tls=true.")
	}
	if a.authority != "" {
		a.tls = checked
	}
	return nil
}

func (a *address) readHost(parsed *url.URL) error {
	switch {
	case a.socket != "" && parsed.Host != "":
		return wrong("the URL of the database names a host and a socket")
	case a.socket != "":
		return nil
	case parsed.Hostname() == "":
		return wrong("the URL of the database names no host")
	case strings.Contains(parsed.Hostname(), ":") && !strings.HasPrefix(parsed.Host, "["):
		return wrong("the URL of the database has an address without brackets, as in [::1]")
	}
	port := cmp.Or(parsed.Port(), "3306")
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return wrong("the URL of the database names a port that cannot be: %s", port)
	}
	a.host = net.JoinHostPort(parsed.Hostname(), port)
	return nil
}

// near reports whether the server is on this machine.
func (a address) near() bool {
	host, _, err := net.SplitHostPort(a.host)
	if a.socket != "" || err != nil || host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// String is the URL as people see it: without the password.
func (a address) String() string {
	shown := url.URL{Scheme: "mysql", User: url.User(a.user), Host: a.host, Path: "/" + a.name}
	query := url.Values{}
	if a.socket != "" {
		query.Set("socket", a.socket)
	}
	shown.RawQuery = query.Encode()
	return shown.String()
}

// where is the server's part of it, for sentences.
func (a address) where() string { return cmp.Or(a.host, a.socket) }

// config is what the driver asks for.
func (a address) config() (*driver.Config, error) {
	config := driver.NewConfig()
	config.User, config.Passwd, config.DBName = a.user, a.password, a.name
	config.Net, config.Addr = "tcp", a.host
	if a.socket != "" {
		config.Net, config.Addr = "unix", a.socket
	}
	config.Collation = "utf8mb4_bin"    // both kinds of server have it
	config.ClientFoundRows = true       // as all others count
	config.MaxAllowedPacket = 0         // ask the server
	config.Logger = &driver.NopLogger{} // what it says is in the errors, too
	config.TLSConfig = a.tls
	if a.authority == "" {
		return config, nil
	}
	pem, err := os.ReadFile(a.authority)
	if err != nil {
		return nil, fault.As(fault.Of(err), err, "reading the certificate that the database's is signed by").
			WithHint("Correct ca in the URL of the database.")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Config, "the file %s holds no certificate", a.authority).
			WithHint("Name a file in PEM form with ca in the URL of the database.")
	}
	host, _, err := net.SplitHostPort(a.host)
	if err != nil {
		host = "localhost" // a socket
	}
	config.TLS = &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}
	return config, nil
}
