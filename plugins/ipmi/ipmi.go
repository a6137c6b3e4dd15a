// Package ipmi watches a server through its management controller (BMC), which
// answers also when the machine is off: sensors, power, fans, power supplies,
// drives and the event log.
//
// It speaks IPMI 2.0 (RMCP+) and Redfish itself, and leaves what is older, and the
// controller of the machine it runs on, to ipmitool. It only reads. A controller
// has few sessions, so every run ends the one it began.
package ipmi

import (
	"encoding/hex"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// What a controller can be asked in.
const (
	protocolAuto    = "auto"
	protocolIPMI    = "ipmi"
	protocolRedfish = "redfish"
	protocolLocal   = "local"
)

// How IPMI reaches it.
const (
	interfaceLanplus = "lanplus"
	interfaceLan     = "lan"
	interfaceTool    = "tool"
)

// The parts that can be left out.
const (
	partSensors   = "sensors"
	partChassis   = "chassis"
	partLog       = "sel"
	partPower     = "power"
	partInventory = "inventory"
	partStorage   = "storage"
)

// config is what a person can set.
type config struct {
	Protocol string          `json:"protocol" title:"Protocol" help:"How the controller is asked; auto takes Redfish where it answers, else IPMI, and without a host this machine's own." enum:"auto,ipmi,redfish,local"`
	Host     string          `json:"host" title:"Host" help:"Name or address of the controller; empty is the one of this machine. An address with http:// or https:// is of Redfish." example:"192.168.1.120"`
	Port     int             `json:"port" title:"Port" help:"Port of the controller; 0 is the usual one, 623 for IPMI and 443 for Redfish." min:"0" max:"65535" group:"connection"`
	Timeout  plugin.Duration `json:"timeout" title:"Timeout" help:"How long one answer may take." min:"100ms" max:"1m" group:"connection"`
	Username string          `json:"username" title:"User" help:"A user of the controller that may read." group:"login"`
	Password plugin.Secret   `json:"password" title:"Password" help:"The password of the user." group:"login"`

	Interface string        `json:"interface" title:"Interface" help:"How IPMI is spoken: lanplus by Unity itself, tool the same by ipmitool, and lan by ipmitool with controllers that know only IPMI 1.5." enum:"lanplus,lan,tool" group:"IPMI"`
	Ciphers   []int         `json:"cipher_suites" title:"Cipher suites" help:"Which to try, in this order: 17 is SHA-256, 3 is SHA-1." min:"1" max:"2" group:"IPMI"`
	Privilege string        `json:"privilege" title:"Privilege" help:"As what to log in; reading needs no more than USER." enum:"USER,OPERATOR,ADMINISTRATOR" group:"IPMI"`
	KG        plugin.Secret `json:"k_g" title:"Key of the controller" help:"The key K_g in hexadecimal digits, where the controller has one." group:"IPMI"`
	Sudo      bool          `json:"use_sudo" title:"Use sudo" help:"Run ipmitool with sudo, for the controller of this machine." group:"IPMI"`

	Collect   []string        `json:"collect" title:"Parts" help:"What to ask for." enum:"sensors,chassis,sel,power,inventory,storage" min:"1" group:"filter"`
	Include   string          `json:"sensor_include" title:"Only sensors" help:"A regular expression of the names of sensors to show; empty shows all." group:"filter"`
	Exclude   string          `json:"sensor_exclude" title:"Without sensors" help:"A regular expression of the names of sensors to leave out." group:"filter"`
	Recent    int             `json:"sel_recent" title:"Events to show" help:"How many of the newest events of the log are listed." min:"1" max:"50" group:"advanced"`
	SDRCache  plugin.Duration `json:"sdr_cache" title:"Keep descriptions" help:"For how long descriptions of sensors and parts are kept, which hardly change and are slow to read." min:"0s" max:"30d" group:"advanced"`
	ExpectsOn bool            `json:"expect_power_on" title:"Expected to be on" help:"Say so when the machine is off." group:"advanced"`

	fetch.TLS
}

func defaults() config {
	return config{
		Protocol: protocolAuto, Timeout: plugin.Duration(10 * time.Second), Interface: interfaceLanplus,
		Ciphers: []int{17, 3}, Privilege: "USER",
		Collect: []string{partSensors, partChassis, partLog, partPower, partInventory, partStorage},
		Recent:  20, SDRCache: plugin.Duration(24 * time.Hour), ExpectsOn: true, TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	for name, text := range map[string]string{"sensor_include": c.Include, "sensor_exclude": c.Exclude} {
		if _, err := regexp.Compile(text); err != nil {
			return plugin.Invalid(name, "is not a regular expression")
		}
	}
	for _, suite := range c.Ciphers {
		if _, known := suites()[suite]; !known {
			return plugin.Invalid("cipher_suites", "may hold 17 and 3; without encryption no password is sent, and of the others none is better")
		}
	}
	if !c.KG.Empty() && c.Interface != interfaceLanplus {
		return plugin.Invalid("k_g", "is for the interface lanplus only")
	}
	web := strings.Contains(c.Host, "://")
	switch {
	case c.Host == "" && (c.Protocol == protocolIPMI || c.Protocol == protocolRedfish):
		return plugin.Invalid("host", "is missing")
	case c.Host != "" && c.Protocol == protocolLocal:
		return plugin.Invalid("host", "must be empty: local is the controller of this machine")
	case c.Protocol == protocolLocal || c.Host == "":
		return nil
	case web && c.Protocol == protocolIPMI:
		return plugin.Invalid("host", "is an address of Redfish, and the protocol is ipmi")
	case web:
		at := fetch.Config{URL: c.Host, TLS: c.TLS}
		if at.Validate() != nil {
			return plugin.Invalid("host", "must be a name or an address such as 192.168.1.120")
		}
	case strings.ContainsAny(c.Host, "/@ "):
		return plugin.Invalid("host", "must be a name or an address such as 192.168.1.120")
	}
	if _, port, err := net.SplitHostPort(c.Host); err == nil {
		n, bad := strconv.Atoi(port)
		if bad != nil || n < 1 || n > 65535 || c.Port != 0 && c.Port != n {
			return plugin.Invalid("host", "has a port that is none, or not the one of the setting port")
		}
	}
	if len(c.Username) > maxUserName && c.Protocol != protocolRedfish && !web {
		return plugin.Invalid("username", "has more than the 16 letters that IPMI allows")
	}
	return nil
}

// endpoint returns where the controller answers at the port that is usual.
func (c config) endpoint(usual int) string {
	if host, port, err := net.SplitHostPort(c.Host); err == nil {
		return net.JoinHostPort(host, port)
	}
	port := c.Port
	if port == 0 {
		port = usual
	}
	return net.JoinHostPort(strings.Trim(c.Host, "[]"), strconv.Itoa(port))
}

// web returns the address of Redfish.
func (c config) web() string {
	if strings.Contains(c.Host, "://") {
		return strings.TrimRight(c.Host, "/")
	}
	const usual = 443
	at := url.URL{Scheme: "https", Host: strings.TrimSuffix(c.endpoint(usual), ":443")}
	return at.String()
}

// bmcKey returns K_g, or nil.
func (c config) bmcKey() ([]byte, error) {
	text, err := c.KG.Reveal()
	if err != nil || text == "" {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(key) > hashedPassword {
		return nil, fault.New(fault.Config, "reading k_g: it is not up to 40 hexadecimal digits")
	}
	return key, nil
}

// Plugin declares the plugin ipmi_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}
