package log

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// What can be read.
const (
	sourceFile    = "file"
	sourceJournal = "journald"
)

// config is what a source of this plugin is configured with.
type config struct {
	Source           string   `json:"source" title:"Source" help:"Where the lines come from: files, or the journal of systemd." enum:"file,journald"`
	Paths            []string `json:"paths" title:"Files" help:"Names of log files; a star stands for any part of a name, ** for any folders." max:"100" example:"/var/log/nginx/*.log"`
	StartAt          string   `json:"start_at" title:"Start" help:"Whether what a log holds already when it is first seen is read, too." enum:"end,beginning" group:"Files"`
	Encoding         string   `json:"encoding" title:"Encoding" help:"How the bytes of the files stand for text." enum:"utf-8,latin1,utf-16le,utf-16be" group:"Files"`
	MaxFiles         int      `json:"max_files" title:"Most files" help:"How many files are followed at once." min:"1" max:"100" group:"advanced"`
	MaxLineBytes     int      `json:"max_line_bytes" title:"Longest line" help:"Where longer lines are cut, in bytes." min:"256" max:"1048576" group:"advanced"`
	MaxReadMegabytes int      `json:"max_read_megabytes" title:"Most per run" help:"How much one run reads, in MiB; the rest is read by the next." min:"1" max:"4096" group:"advanced"`

	Units       []string `json:"units" title:"Units" help:"Only entries of these units of systemd; empty means all." example:"nginx.service" pattern:"^[^-].*$" max:"50" group:"Journal"`
	Identifiers []string `json:"identifiers" title:"Programs" help:"Only entries of programs that call themselves so; empty means all." example:"kernel" pattern:"^[^-].*$" max:"50" group:"Journal"`
	Priority    string   `json:"priority" title:"Least priority" help:"Only entries at least as bad as this; empty means all." enum:",emerg,alert,crit,err,warning,notice,info,debug" group:"Journal"`
	Directory   string   `json:"journal_directory" title:"Folder" help:"The folder of a journal that is not that of this machine." example:"/var/log/journal/remote" pattern:"^(/.*)?$" group:"Journal"`
	UseSudo     bool     `json:"use_sudo" title:"Use sudo" help:"Run journalctl through sudo, which must allow it without a password." group:"Journal"`

	Patterns        []pattern `json:"patterns" title:"Patterns" help:"What is looked for in each line." max:"50" group:"Patterns"`
	DefaultPatterns bool      `json:"default_patterns" title:"Usual patterns" help:"Also look for what is bad in any log: errors, full disks, crashes, refused connections and the like." group:"Patterns"`
	CaseInsensitive bool      `json:"case_insensitive" title:"Ignore case" help:"Take capital and small letters for the same." group:"Patterns"`
	Ignore          []string  `json:"ignore" title:"Lines left out" help:"Lines that match one of these regular expressions count for nothing." max:"50" group:"Patterns"`

	AccessLog    string          `json:"access_log" title:"Access log" help:"Read each line as a request to a web server: the common and combined form of nginx and Apache, or the JSON of Caddy or Traefik." enum:"off,combined,caddy_json,traefik_json" group:"Access log"`
	KeepMatches  int             `json:"keep_matches" title:"Matches shown" help:"How many of the latest matching lines are shown; 0 keeps no line." min:"0" max:"100" group:"advanced"`
	SilenceAfter plugin.Duration `json:"silence_after" title:"Silence" help:"A log without a new line for longer than this is reported; 0s never does." max:"30d" group:"advanced"`
	Redact       []string        `json:"redact" title:"Hidden" help:"What matches these regular expressions is hidden before a line is kept, besides passwords, tokens and keys, which always are." max:"50" group:"advanced"`
}

// pattern is something to look for.
type pattern struct {
	Name       string `json:"name" title:"Name" help:"A short name, which becomes a label." required:"true" pattern:"^[a-z0-9][a-z0-9_.-]{0,39}$" example:"failed_backup"`
	Regex      string `json:"regex" title:"Expression" help:"A regular expression of RE2; look-ahead and back-references are not known." required:"true" example:"backup of .* failed"`
	Exclude    string `json:"exclude" title:"Unless" help:"A line that matches this expression as well does not count."`
	Severity   string `json:"severity" title:"Severity" help:"How bad a matching line is." enum:"debug,info,warning,error,critical"`
	Alert      bool   `json:"alert" title:"Alert" help:"Report every matching line as an event, and warn."`
	ValueGroup string `json:"value_group" title:"Value" help:"The name of a group in the expression, (?P<name>…), whose number becomes a metric." pattern:"^[A-Za-z_0-9]*$"`
}

func defaults() config {
	return config{
		Source: sourceFile, Paths: []string{"/var/log/syslog"}, StartAt: "end", Encoding: string(follow.UTF8),
		MaxFiles: 100, MaxLineBytes: 64 << 10, MaxReadMegabytes: 256,
		Units: []string{}, Identifiers: []string{},
		Patterns: []pattern{}, DefaultPatterns: true, CaseInsensitive: true, Ignore: []string{},
		AccessLog: "off", KeepMatches: 50, Redact: []string{},
	}
}

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	var problems []error
	if c.Source == sourceFile && len(c.Paths) == 0 {
		problems = append(problems, plugin.Invalid("paths", "is missing: name at least one file"))
	}
	for i, path := range c.Paths {
		if wrong := follow.ValidPath(path); wrong != "" {
			problems = append(problems, plugin.Invalid(fmt.Sprintf("paths[%d]", i), "%s", wrong))
		}
	}
	names := make(map[string]bool)
	for i, p := range c.Patterns {
		at := fmt.Sprintf("patterns[%d].", i)
		if names[p.Name] {
			problems = append(problems, plugin.Invalid(at+"name", "is there twice"))
		}
		names[p.Name] = true
		re, err := c.compile(p.Regex)
		problems = append(problems, invalid(at+"regex", err))
		if err == nil && p.ValueGroup != "" && re.SubexpIndex(p.ValueGroup) < 0 {
			problems = append(problems, plugin.Invalid(at+"value_group", "names no group of the expression; write (?P<%s>…) there", p.ValueGroup))
		}
		_, err = c.compile(p.Exclude)
		problems = append(problems, invalid(at+"exclude", err))
	}
	for name, list := range map[string][]string{"ignore": c.Ignore, "redact": c.Redact} {
		for i, expression := range list {
			_, err := c.compile(expression)
			problems = append(problems, invalid(fmt.Sprintf("%s[%d]", name, i), err))
		}
	}
	return errors.Join(problems...)
}

// compile compiles an expression as the config wants it.
func (c config) compile(expression string) (*regexp.Regexp, error) {
	if c.CaseInsensitive {
		expression = "(?i)" + expression
	}
	return regexp.Compile(expression)
}

// invalid says what is wrong with an expression, and where.
func invalid(path string, err error) error {
	if err == nil {
		return nil
	}
	if e := (*syntax.Error)(nil); errors.As(err, &e) {
		if e.Code == syntax.ErrInvalidPerlOp {
			return plugin.Invalid(path, "uses %s, which RE2 does not know (look-ahead and look-behind among others)", e.Expr)
		}
		return plugin.Invalid(path, "is no regular expression: %s at %s", e.Code, e.Expr)
	}
	return plugin.Invalid(path, "is no regular expression: %v", err)
}
