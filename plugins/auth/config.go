package auth

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// Where logins are read from, and whether fail2ban is asked.
const (
	sourceAuto    = "auto"
	sourceJournal = "journald"
	sourceFiles   = "files"
	on            = "on"
	off           = "off"
)

// config is what a source of this plugin is configured with.
type config struct {
	Source         string          `json:"source" title:"Source" help:"Where logins are read: auto takes the files if one is there, else the journal." enum:"auto,journald,files"`
	LogFiles       []string        `json:"log_files" title:"Files" help:"Files that programs write logins to; a star stands for any part of a name." max:"50"`
	Directory      string          `json:"journal_directory" title:"Folder of the journal" help:"The folder of a journal that is not that of this machine." example:"/var/log/journal/remote" pattern:"^(/.*)?$" group:"advanced"`
	Threshold      int             `json:"failed_threshold" title:"Suspicious from" help:"How many failures within the window make an address or a user suspicious." min:"2" max:"1000"`
	Window         plugin.Duration `json:"time_window" title:"Window" help:"Over how long failures are counted together." min:"1m" max:"24h"`
	Services       []string        `json:"services" title:"Programs" help:"Programs whose logins are counted." max:"50"`
	Successful     bool            `json:"track_successful" title:"Show logins" help:"Also list logins that went well; they are counted in any case."`
	IgnoreSources  []string        `json:"ignore_sources" title:"Trusted addresses" help:"Addresses and networks that are never suspicious and never new; this machine itself is not in any case." example:"192.168.1.0/24" max:"100"`
	NewAddresses   bool            `json:"report_new_addresses" title:"New addresses" help:"Report the first login over SSH from an address that was never seen before."`
	ShowInvalid    bool            `json:"show_invalid_users" title:"Show unknown users" help:"Show names of users that do not exist; now and then such a name is a password typed in the wrong place." group:"advanced"`
	CustomPatterns []customPattern `json:"custom_patterns" title:"Other programs" help:"How lines of other programs tell of logins." max:"50" group:"advanced"`
	Fail2ban       string          `json:"fail2ban" title:"fail2ban" help:"Whether fail2ban is asked: auto asks where its socket is." enum:"auto,on,off" group:"fail2ban"`
	Socket         string          `json:"fail2ban_socket" title:"Socket" help:"The socket of fail2ban's server." pattern:"^/.+" group:"fail2ban"`
	Recent         int             `json:"recent" title:"Rows shown" help:"How many of the latest logins and failures are shown." min:"0" max:"50" group:"advanced"`
}

// customPattern reads the lines of a program that is not known here.
type customPattern struct {
	Name       string `json:"name" title:"Name" help:"What the service is called, in a label." required:"true" pattern:"^[a-z0-9][a-z0-9_-]{0,29}$" example:"vaultwarden"`
	Identifier string `json:"identifier" title:"Program" help:"The name with which the program logs." required:"true" example:"vaultwarden"`
	Regex      string `json:"regex" title:"Expression" help:"A regular expression with the groups (?P<source>…) and (?P<user>…), each of which may be missing." required:"true" example:"Username or password is incorrect.*IP: (?P<source>\\S+)\\. Username: (?P<user>\\S+)\\."`
	Result     string `json:"result" title:"Result" help:"What a matching line tells of." enum:"failure,success" required:"true"`
}

func defaults() config {
	return config{
		Source: sourceAuto, LogFiles: []string{"/var/log/auth.log", "/var/log/secure"},
		Threshold: 5, Window: plugin.Duration(10 * time.Minute),
		Services:   []string{"sshd", "sudo", "su", "login", "polkit", "cockpit", "pvedaemon"},
		Successful: true, IgnoreSources: []string{}, NewAddresses: true, CustomPatterns: []customPattern{},
		Fail2ban: sourceAuto, Socket: "/var/run/fail2ban/fail2ban.sock", Recent: 20,
	}
}

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	var problems []error
	for i, text := range c.IgnoreSources {
		if _, err := parsePrefix(text); err != nil {
			problems = append(problems, plugin.Invalid(fmt.Sprintf("ignore_sources[%d]", i), "is neither an address nor a network such as 192.168.1.0/24"))
		}
	}
	for i, path := range c.LogFiles {
		if wrong := follow.ValidPath(path); wrong != "" {
			problems = append(problems, plugin.Invalid(fmt.Sprintf("log_files[%d]", i), "%s", wrong))
		}
	}
	for i, p := range c.CustomPatterns {
		if _, err := regexp.Compile(p.Regex); err != nil {
			problems = append(problems, plugin.Invalid(fmt.Sprintf("custom_patterns[%d].regex", i), "is no regular expression: %v", err))
		}
	}
	if c.Source == sourceFiles && len(c.LogFiles) == 0 {
		problems = append(problems, plugin.Invalid("log_files", "is missing: name at least one file"))
	}
	return errors.Join(problems...)
}
