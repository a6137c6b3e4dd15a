package emailserver

import (
	"cmp"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/follow"
)

// What settings may be.
const (
	auto = "auto"
	none = "none"

	tlsStart    = "starttls"
	tlsImplicit = "implicit"

	mtaPostfix    = "postfix"
	mtaExim       = "exim"
	mtaOpenSMTPD  = "opensmtpd"
	logJournal    = "journal"
	logFile       = "file"
	viaDoveadm    = "doveadm"
	viaMetrics    = "openmetrics"
	viaOld        = "old_stats"
	metricsPort   = "127.0.0.1:9900"
	oldStatsPort  = "127.0.0.1:24242"
	metricsPath   = "/metrics"
	shortestPause = 15 * time.Minute
	longestPause  = 6 * time.Hour
)

// config is one mail server and what is asked of it.
type config struct {
	Endpoints []endpoint      `json:"endpoints" title:"Endpoints" help:"Where the server answers those who hand in and fetch mail." max:"30"`
	Timeout   plugin.Duration `json:"timeout" title:"Timeout" help:"How long one endpoint or one question may take." min:"100ms" max:"1m" group:"connection"`
	EHLOName  string          `json:"ehlo_name" title:"Own name" help:"The name that Unity gives as its own; that of its machine when empty." pattern:"^[A-Za-z0-9.:\\[\\]-]*$" group:"connection"`

	MTA              string `json:"mta" title:"Mail server" help:"Whose queue on this machine is looked at; auto takes the one that is installed." enum:"auto,none,postfix,exim,opensmtpd" group:"queue"`
	PostfixConfigDir string `json:"postfix_config_dir" title:"Postfix folder" help:"The configuration of another instance of Postfix." group:"queue" example:"/etc/postfix-out"`
	QueueDetails     bool   `json:"queue_details" title:"Messages in the queue" help:"Show for which domains messages wait, and why."`

	LogSource string   `json:"log_source" title:"Log" help:"Where deliveries are read: auto takes the first of the log files that is there, else the journal." enum:"auto,journal,file,none" group:"log"`
	LogFiles  []string `json:"log_files" title:"Log files" help:"Files that the mail server and Dovecot log to." max:"20" group:"log"`
	LogUnits  []string `json:"log_units" title:"Units" help:"Units of systemd whose entries of the journal are read." max:"20" group:"log"`

	Dovecot        string `json:"dovecot" title:"Dovecot" help:"How Dovecot is asked: by its program doveadm (auto, where it is installed), at its OpenMetrics address, or by the service old-stats of versions before 2.4." enum:"auto,none,doveadm,openmetrics,old_stats" group:"dovecot"`
	DovecotAddress string `json:"dovecot_address" title:"Address of Dovecot" help:"Where OpenMetrics or old-stats answers: host:port, or the path of a socket. With doveadm, counters are read there as well." group:"dovecot" example:"127.0.0.1:9900"`
	DovecotConfig  string `json:"dovecot_config" title:"Configuration of Dovecot" help:"The file of another instance of Dovecot." group:"dovecot" example:"/etc/dovecot/dovecot.conf"`

	RspamdURL      string        `json:"rspamd_url" title:"rspamd" help:"Where the controller of rspamd answers; it is not asked when empty." format:"uri" group:"filter" example:"http://127.0.0.1:11334"`
	RspamdPassword plugin.Secret `json:"rspamd_password" title:"Password of rspamd" help:"The controller's password." group:"filter"`

	MailcowURL   string        `json:"mailcow_url" title:"mailcow" help:"Where mailcow's interface answers; it is not asked when empty." format:"uri" group:"mailcow" example:"https://mail.example.org"`
	MailcowToken plugin.Secret `json:"mailcow_token" title:"API key of mailcow" help:"A read-only API key; mailcow has to allow Unity's address." group:"mailcow"`

	DNSBLZones []string `json:"dnsbl_zones" title:"Blocklists" help:"Blocklists that the server's address is looked for in; none without this." pattern:"^[A-Za-z0-9.-]+$" max:"20" group:"blocklists" example:"zen.spamhaus.org"`
	PublicIP   string   `json:"public_ip" title:"Public address" help:"The address that the server sends from." group:"blocklists" example:"192.0.2.25"`
	Resolver   string   `json:"resolver" title:"Name server" help:"Who is asked about blocklists, host:port; the system's when empty. Blocklists refuse public name servers." group:"blocklists" example:"192.168.1.1:53"`

	UseSudo bool `json:"use_sudo" title:"Use sudo" help:"Run doveadm, exim and smtpctl through sudo."`
	fetch.TLS
}

// endpoint is one place where a mail server answers.
type endpoint struct {
	Name     string        `json:"name" title:"Name" help:"What it is called; the protocol when empty."`
	Protocol string        `json:"protocol" title:"Protocol" help:"What is spoken there." required:"true" enum:"smtp,submission,smtps,imap,imaps,pop3,pop3s,lmtp,sieve"`
	Host     string        `json:"host" title:"Host" help:"Name or address of the machine, or the path of a Unix socket." required:"true" example:"mail.example.org"`
	Port     int           `json:"port" title:"Port" help:"The port; that of the protocol when 0." min:"0" max:"65535"`
	TLS      string        `json:"tls" title:"TLS" help:"Whether and how TLS is spoken; auto is what the protocol is used with, and STARTTLS where it is offered." enum:"auto,none,starttls,implicit"`
	Username string        `json:"username" title:"User" help:"Who logs in each time, to see whether that works; nobody when empty."`
	Password plugin.Secret `json:"password" title:"Password" help:"The password of the user. It is sent over TLS only."`
}

func defaults() config {
	return config{
		Endpoints: []endpoint{{Name: "smtp", Protocol: "smtp", Host: "localhost", Port: 25, TLS: auto}},
		Timeout:   plugin.Duration(10 * time.Second), MTA: auto, QueueDetails: true,
		LogSource: auto, LogFiles: []string{"/var/log/mail.log", "/var/log/maillog", "/var/log/exim4/mainlog"},
		LogUnits: []string{"postfix@-.service", "postfix.service", "exim4.service", "opensmtpd.service", "dovecot.service"},
		Dovecot:  auto, TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for i, e := range named(c.Endpoints) {
		at := "endpoints." + strconv.Itoa(i)
		switch {
		case seen[e.Name]:
			return plugin.Invalid(at+".name", "is that of another endpoint")
		case strings.ContainsAny(e.Username, "\r\n\x00"):
			return plugin.Invalid(at+".username", "must be one line")
		case e.Username != "" && e.Password.Empty():
			return plugin.Invalid(at+".password", "is missing")
		case e.Username != "" && e.TLS == none && !e.local():
			return plugin.Invalid(at+".tls", "must not be none: a password is sent over TLS only")
		}
		seen[e.Name] = true
	}
	for _, path := range c.LogFiles {
		if wrong := follow.ValidPath(path); wrong != "" {
			return plugin.Invalid("log_files", "%s %s", path, wrong)
		}
	}
	for _, one := range []struct{ name, url string }{{"rspamd_url", c.RspamdURL}, {"mailcow_url", c.MailcowURL}} {
		if one.url != "" && (fetch.Config{URL: one.url}).Validate() != nil {
			return plugin.Invalid(one.name, "is not an address such as http://127.0.0.1:11334")
		}
	}
	for _, one := range []struct{ name, address string }{{"dovecot_address", c.DovecotAddress}, {"resolver", c.Resolver}} {
		if _, _, err := net.SplitHostPort(one.address); err != nil && one.address != "" && !strings.HasPrefix(one.address, "/") {
			return plugin.Invalid(one.name, "is not an address such as 127.0.0.1:9900")
		}
	}
	if c.openmetrics() != "" && (fetch.Config{URL: c.openmetrics()}).Validate() != nil {
		return plugin.Invalid("dovecot_address", "is not an address such as 127.0.0.1:9900")
	}
	if _, err := netip.ParseAddr(c.PublicIP); err != nil && (c.PublicIP != "" || len(c.DNSBLZones) > 0) {
		return plugin.Invalid("public_ip", "must be the address that blocklists are asked about")
	}
	return nil
}

// openmetrics is the address of Dovecot's OpenMetrics; empty where it is not
// asked.
func (c config) openmetrics() string {
	address := c.DovecotAddress
	switch c.Dovecot {
	case viaMetrics:
		address = cmp.Or(address, metricsPort)
	case auto, viaDoveadm:
	default:
		return ""
	}
	switch {
	case address == "":
		return ""
	case strings.HasPrefix(address, "/"):
		return "unix://" + address
	default:
		return "http://" + address
	}
}

// named gives names to endpoints without one.
func named(endpoints []endpoint) []endpoint {
	all := make([]endpoint, len(endpoints))
	protocols := make(map[string]int)
	for _, e := range endpoints {
		protocols[e.Protocol]++
	}
	for i, e := range endpoints {
		if e.Name == "" {
			e.Name = e.Protocol
			if protocols[e.Protocol] > 1 {
				e.Name += " " + e.at()
			}
		}
		e.TLS = cmp.Or(e.TLS, auto)
		all[i] = e
	}
	return all
}

// local reports whether the endpoint is a Unix socket, which nobody listens in on.
func (e endpoint) local() bool { return strings.HasPrefix(e.Host, "/") }

// at is where the endpoint is, as a person writes it.
func (e endpoint) at() string {
	if e.local() {
		return e.Host
	}
	return net.JoinHostPort(e.Host, strconv.Itoa(cmp.Or(e.Port, dialectOf(e.Protocol).port)))
}

// network is what Dial is given beside the address.
func (e endpoint) network() string {
	if e.local() {
		return "unix"
	}
	return "tcp"
}
