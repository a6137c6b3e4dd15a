// Package backup watches backups: when the last restorable point of each thing
// was made, what has none, and whether it is getting staler. It asks restic and
// Borg about their repositories, Duplicati and Proxmox Backup Server over their
// APIs, and looks at plain files that others leave behind.
//
// Nothing is ever written to what holds backups: no lock is taken, nothing is
// forgotten or repaired. A repository that cannot be read is a failed run, and
// so is one without an answer: of backups, silence is bad news.
package backup

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of backup.
const (
	kindRestic    = "restic"
	kindBorg      = "borg"
	kindDuplicati = "duplicati"
	kindPBS       = "pbs"
	kindFiles     = "files"
)

// What counts of files.
const (
	readNewest = "newest"
	readMarker = "marker"
	readStatus = "status"
	readLog    = "log"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// config is what a person can set.
type config struct {
	Type     string          `json:"type" title:"Kind" help:"What makes the backups; files are those that a script, rsync or a database dump leaves behind, pbs is Proxmox Backup Server." enum:"restic,borg,duplicati,pbs,files" required:"true"`
	Location string          `json:"location" title:"Where" help:"The repository as restic or Borg take it, the address of Duplicati or Proxmox Backup Server, or the folder or file." required:"true" example:"/srv/backup/restic"`
	Password plugin.Secret   `json:"password" title:"Password" help:"Of the repository, or of Duplicati's interface." group:"login"`
	Token    plugin.Secret   `json:"token" title:"Token" help:"Of Proxmox Backup Server: user@realm!name:secret. Of Duplicati: a forever token, in place of the password." group:"login"`
	Env      environment     `json:"env" title:"Environment" help:"What restic or Borg need to reach the storage, such as AWS_ACCESS_KEY_ID." group:"login"`
	Warn     plugin.Duration `json:"warning_age" title:"Late after" help:"A thing whose newest backup is older is late." min:"1m" max:"3650d"`
	Critical plugin.Duration `json:"critical_age" title:"Stale after" help:"A thing whose newest backup is older is stale, which is an alert." min:"1m" max:"3650d"`
	Expected []string        `json:"expected" title:"Expected" help:"Things that must have a backup, by name or pattern; one that has none is an alert." max:"100" example:"nas:*"`

	GroupBy    []string        `json:"group_by" title:"Told apart by" help:"Of restic: what makes two snapshots backups of the same thing." enum:"host,paths,tags" min:"1" group:"things"`
	Include    plugin.Globs    `json:"include" title:"Only" help:"Only these things, by pattern; none are all." group:"things" example:"nas:*"`
	Exclude    plugin.Globs    `json:"exclude" title:"Leave out" help:"Things that are not watched, such as machines that are no more." group:"things" example:"oldlaptop:*"`
	Limits     []limit         `json:"limits" title:"Other limits" help:"Things that are backed up less or more often than the rest." max:"50" group:"things"`
	Habit      bool            `json:"by_habit" title:"Mind habits" help:"A thing is late also when it was always backed up more often than now." group:"things"`
	MinSize    int64           `json:"min_size_bytes" title:"Smallest size" help:"A backup smaller than that is not a good one; 0 takes any." min:"0" group:"things"`
	MaxShrink  float64         `json:"max_shrink_ratio" title:"May shrink by" help:"A backup that is smaller than those before it by more than this part is doubtful; 0.3 is 30 %." min:"0" max:"1" group:"things"`
	Datastores plugin.Globs    `json:"datastores" title:"Datastores" help:"Of Proxmox Backup Server: only these datastores; none are all." group:"things"`
	Depth      int             `json:"max_depth" title:"Depth" help:"Of files: how many folders deep to look." min:"0" max:"20" group:"files"`
	Pattern    plugin.Globs    `json:"pattern" title:"File names" help:"Of files: only files with such names; none are all." group:"files" example:"*.sql.gz"`
	EachFolder bool            `json:"each_folder" title:"Each folder by itself" help:"Of files: every folder inside the folder is a thing of its own." group:"files"`
	ReadAs     string          `json:"read_as" title:"What counts" help:"Of files: newest is the newest file in the folder; marker is the time of the one file; status is JSON that a script writes after each attempt; log is the last line that tells of success." enum:"newest,marker,status,log" group:"files"`
	LogMatch   string          `json:"log_success" title:"Line of success" help:"A regular expression; what its group named time holds is when, else it is the time of the file." group:"files" example:"^(?P<time>\\S+) backup finished"`
	Stats      plugin.Duration `json:"stats_interval" title:"Measure every" help:"How often restic and Borg are asked for sizes, which reads more of the repository; 0 never does." max:"365d" group:"advanced"`
	Check      plugin.Duration `json:"check_interval" title:"Check every" help:"How often restic or Borg check the repository, which reads its index and can take long; 0 never does." max:"365d" group:"advanced"`
	Trust      bool            `json:"trust_repository" title:"Trust it" help:"Let Borg read a repository that is not encrypted and new to it, or that was moved." group:"advanced"`
	Cache      string          `json:"cache_folder" title:"Cache" help:"Where restic and Borg may keep what they looked up; empty is their own place in the home folder." group:"advanced" example:"/var/lib/unity/cache"`
	Timeout    plugin.Duration `json:"timeout" title:"Timeout" help:"How long one request over the network may take." min:"100ms" max:"5m" group:"connection"`

	fetch.TLS
}

// limit is what holds for some things only.
type limit struct {
	Match    string          `json:"match" title:"Things" help:"Their name, or a pattern." required:"true" example:"web:*"`
	Warn     plugin.Duration `json:"warning_age" title:"Late after" help:"In place of the general limit." required:"true" min:"1m" max:"3650d"`
	Critical plugin.Duration `json:"critical_age" title:"Stale after" help:"In place of the general limit." required:"true" min:"1m" max:"3650d"`
}

func defaults() config {
	return config{
		Type: kindRestic, Warn: plugin.Duration(26 * hour), Critical: plugin.Duration(48 * hour), Expected: []string{}, Env: environment{},
		GroupBy: []string{"host", "paths"}, Include: plugin.Globs{}, Exclude: plugin.Globs{}, Limits: []limit{}, Habit: true, MaxShrink: 0.3,
		Datastores: plugin.Globs{}, Depth: 3, Pattern: plugin.Globs{}, ReadAs: readNewest, Stats: plugin.Duration(day), Timeout: plugin.Duration(15 * time.Second),
		TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what each kind needs.
func (c config) Validate() error {
	if c.Critical < c.Warn {
		return plugin.Invalid("critical_age", "must not be shorter than warning_age")
	}
	for _, l := range c.Limits {
		if l.Critical < l.Warn {
			return plugin.Invalid("limits", "of %s: critical_age must not be shorter than warning_age", l.Match)
		}
	}
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	if err := c.Env.Validate(); err != nil {
		return err
	}
	switch c.Type {
	case kindRestic, kindBorg:
		return c.validateRepository()
	case kindDuplicati, kindPBS:
		return c.validateServer()
	default:
		return c.validateFiles()
	}
}

var (
	// option matches a repository whose host, which restic and Borg hand to
	// another program, would be an option of that.
	option = regexp.MustCompile(`^(?:sftp:|ssh:|sftp://|ssh://|[^/@]*@)*-`)
	// remote is the name of a storage of rclone. It may have settings of its own,
	// and some of those are programs to run.
	remote = regexp.MustCompile(`^rclone:[\w.][\w. -]*:[^,]*$`)
)

func (c config) validateRepository() error {
	switch {
	case option.MatchString(c.Location), strings.ContainsAny(c.Location, "\n\r\x00"):
		return plugin.Invalid("location", "must not begin with a dash, and neither must its host")
	case strings.HasPrefix(c.Location, "rclone:") && !remote.MatchString(c.Location):
		return plugin.Invalid("location", "must name a storage of rclone's own settings: rclone:name:path")
	case c.Type == kindRestic && c.Password.Empty():
		return plugin.Invalid("password", "is missing: every repository of restic has one")
	}
	return nil
}

func (c config) validateServer() error {
	switch err := c.server().Validate(); {
	case err != nil:
		return plugin.Invalid("location", "is not the address of a server, such as https://pbs.lan:8007")
	case c.Type == kindPBS && c.Token.Empty():
		return plugin.Invalid("token", "is missing; it has the form user@realm!name:secret")
	case c.Password.Empty() && c.Token.Empty():
		return plugin.Invalid("password", "is missing")
	}
	return nil
}

func (c config) validateFiles() error {
	switch _, err := regexp.Compile(c.LogMatch); {
	case !strings.HasPrefix(c.Location, "/"):
		return plugin.Invalid("location", "must be the absolute path of a folder or file")
	case err != nil:
		return plugin.Invalid("log_success", "is not a regular expression: %v", err)
	case (c.ReadAs == readLog) != (c.LogMatch != ""):
		return plugin.Invalid("log_success", "and log as what counts are given together")
	case c.EachFolder && c.ReadAs != readNewest:
		return plugin.Invalid("each_folder", "goes with the newest file only")
	}
	return nil
}

// server is how Duplicati or Proxmox Backup Server is reached.
func (c config) server() fetch.Config {
	return fetch.Config{URL: c.Location, Timeout: c.Timeout, TLS: c.TLS}
}

// limits returns how old the newest backup of a thing may be.
func (c config) limits(name string) (late, stale time.Duration) {
	for _, l := range c.Limits {
		if l.Match == name || (plugin.Globs{l.Match}).Match(name) {
			return l.Warn.Std(), l.Critical.Std()
		}
	}
	return c.Warn.Std(), c.Critical.Std()
}

// Plugin declares the plugin backup_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is asked yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	c := &collector{config: config, host: host}
	var err error
	switch config.Type {
	case kindRestic:
		c.from = &restic{config: config, host: host}
	case kindBorg:
		c.from = &borg{config: config, host: host}
	case kindDuplicati:
		c.from, err = newDuplicati(config, host)
	case kindPBS:
		c.from, err = newPBS(config, host)
	default:
		c.from = &files{config: config, host: host}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// environment is what a person adds to that of restic or Borg.
type environment map[string]plugin.Secret

// Validate lets only what says where the storage is and who we are there, and
// nothing that makes restic or Borg run another program.
func (e environment) Validate() error {
	families := []string{"AWS_", "AZURE_", "B2_", "GOOGLE_", "OS_", "ST_", "RESTIC_REST_", "SSL_CERT_"}
	known := []string{"RCLONE_CONFIG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
	for name := range e {
		fits := slices.Contains(known, name) || slices.ContainsFunc(families, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if !fits || strings.ContainsAny(name, "=\x00") {
			return plugin.Invalid("env", "may hold names such as AWS_*, AZURE_*, B2_*, GOOGLE_*, OS_*, ST_*, RESTIC_REST_*, RCLONE_CONFIG, SSL_CERT_*, HTTP_PROXY, HTTPS_PROXY and NO_PROXY, not %s", name)
		}
	}
	return nil
}

// reveal adds the environment to that of a command.
func (e environment) reveal(into map[string]string) error {
	for name, value := range e {
		text, err := value.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the setting env.%s", name)
		}
		into[name] = text
	}
	return nil
}
