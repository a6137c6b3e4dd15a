// Package config reads Unity's own settings: the file unity.yaml, then the
// environment, then what the command line says, each over the one before.
//
// Settings of what is watched belong to sources; they are kept in the database
// and made in the interface.
package config

import (
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// Config is every setting. The tag koanf names the key; help is shown in the
// documentation.
type Config struct {
	Data     string   `koanf:"data" help:"folder for the database and the journal"`
	Listen   string   `koanf:"listen" help:"address and port of the web interface; without an address it is reached from other machines, too"`
	Hosts    []string `koanf:"hosts" help:"further names by which it is opened in a browser, such as unity.example.org or .example.org; IP addresses, localhost, the name of the machine and names that end in .local, .lan or .home.arpa are always good"`
	TLS      TLS      `koanf:"tls"`
	Auth     Auth     `koanf:"auth"`
	Secrets  Secrets  `koanf:"secrets"`
	Database Database `koanf:"database"`
	Storage  Storage  `koanf:"storage"`
	Cache    Cache    `koanf:"cache"`
	Live     Live     `koanf:"live"`
	Query    Query    `koanf:"query"`
	Schedule Schedule `koanf:"schedule"`
	Host     Host     `koanf:"host"`
	Log      Log      `koanf:"log"`
	Apply    string   `koanf:"apply" help:"auto applies by itself what is changed under the key sources of the settings file; manual leaves that to the command unity config apply"`
}

// TLS says how the web interface is encrypted; without any of it, it is not.
type TLS struct {
	Certificate string `koanf:"certificate" help:"file with the certificate and those above it, as PEM; it is read again when it changes"`
	Key         string `koanf:"key" help:"file with its private key, as PEM"`
	SelfMade    bool   `koanf:"self_made" help:"make a certificate in the data folder; browsers ask whether to trust it"`
}

// On reports whether the web interface is encrypted.
func (t TLS) On() bool { return t.SelfMade || t.Certificate != "" }

// Secrets says where the key is under which passwords are kept.
type Secrets struct {
	KeyFile string `koanf:"key_file" help:"file with the key under which stored passwords are sealed; empty keeps unity.key in the data folder, and makes it"`
	Key     string `koanf:"key" help:"the key itself, 64 hexadecimal digits, instead of a file; for the environment, where UNITY_KEY is read too"`
}

// Auth says how people sign in.
type Auth struct {
	SessionIdle     Duration `koanf:"session_idle" help:"a session that was not used for so long ends"`
	SessionLifetime Duration `koanf:"session_lifetime" help:"how long a session lasts at most"`
	AuditRetention  Duration `koanf:"audit_retention" help:"how long it is known who did what"`
	Passwords       bool     `koanf:"passwords" help:"people may sign in with a password; without it only as auth.oidc or a trusted proxy lets them"`
	TrustedProxies  []string `koanf:"trusted_proxies" help:"addresses or networks of reverse proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed, such as 127.0.0.1 or 172.16.0.0/12"`
	ProxyUserHeader string   `koanf:"proxy_user_header" help:"header in which a trusted proxy names who signed in there, such as Remote-User; empty believes none"`
	OIDC            OIDC     `koanf:"oidc"`
}

// OIDC says with which provider of OpenID Connect people may sign in, and who of
// its users.
type OIDC struct {
	Name           string   `koanf:"name" help:"what the button on the login page says after Sign in with"`
	Issuer         string   `koanf:"issuer" help:"address of the provider exactly as it calls itself, such as https://auth.example.org; empty for none"`
	ClientID       string   `koanf:"client_id" help:"what the provider calls Unity"`
	ClientSecret   string   `koanf:"client_secret" help:"secret of the client, or env:NAME or file:/path where it is; empty for a public client"`
	Scopes         []string `koanf:"scopes" help:"what is asked for, such as openid, profile, groups; empty asks for what is needed"`
	RoleClaim      string   `koanf:"role_claim" help:"where the provider names the groups of somebody; dots lead into objects, such as realm_access.roles"`
	Roles          []string `koanf:"roles" help:"which group gives which role, such as admins=admin, family=viewer; the highest counts, at each login; empty leaves roles to Unity"`
	DefaultRole    string   `koanf:"default_role" help:"role of whoever no group gives one: viewer, editor or admin; empty keeps them out"`
	CreateAccounts bool     `koanf:"create_accounts" help:"make an account for whoever signs in there for the first time and has a role; otherwise accounts are linked under Account"`
	SignOut        bool     `koanf:"sign_out" help:"signing out of Unity signs out at the provider, too"`
	CAFile         string   `koanf:"ca_file" help:"file with the certificate of the authority that signed the provider's, as PEM; empty takes those of the system"`
}

// Database says where everything is kept.
type Database struct {
	URL     string `koanf:"url" help:"sqlite:///path/to/unity.db, postgres://user:password@host/database or mysql://user:password@host/database; empty keeps unity.db in the data folder; DATABASE_URL is read too"`
	Migrate string `koanf:"migrate" help:"auto brings the tables of an older Unity up to date at start; manual leaves that to the command unity database migrate"`
}

// Storage says how much is kept, and how carefully.
type Storage struct {
	SyncInterval      Duration `koanf:"sync_interval" help:"what a power cut may take at most; longer writes less to the disk"`
	RawRetention      Duration `koanf:"raw_retention" help:"how long samples are kept"`
	FineRetention     Duration `koanf:"five_minute_retention" help:"how long buckets of five minutes are kept: number, sum, least, most, last, and how much a counter grew"`
	HourlyRetention   Duration `koanf:"hourly_retention" help:"how long buckets of an hour are kept"`
	RunRetention      Duration `koanf:"run_retention" help:"how long the record of each run is kept"`
	SnapshotRetention Duration `koanf:"snapshot_retention" help:"how long snapshots are kept"`
	EventRetention    Duration `koanf:"event_retention" help:"how long events are kept"`
	MaxBytes          Size     `koanf:"max_bytes" help:"room that the database may take; beyond it history gets shorter: samples down to a day, then buckets of five minutes down to 7 days, then those of an hour down to 90 days"`
	MaxWritePerDay    Size     `koanf:"max_write_per_day" help:"what may be written to the disk in a day; beyond it the journal is synced and the database written less often, up to every 10 minutes and every 12 hours"`
}

// Cache says who else gets the latest of every source.
type Cache struct {
	RedisURL string `koanf:"redis_url" help:"a Redis or Valkey that holds the latest of every source for other programs: redis://user:password@host:6379/0; empty uses none; REDIS_URL is read too"`
	Group    string `koanf:"group" help:"hubs on one database that name the same group tell each other over Redis what they measure; empty tells nobody"`
}

// Host says which machine Unity watches as its own; the folders matter when it
// runs in a container with the machine's mounted.
type Host struct {
	Name string `koanf:"name" help:"name of this machine; empty asks the system"`
	Root string `koanf:"root" help:"where the machine's root is mounted; HOST_ROOT is read too"`
	Proc string `koanf:"proc" help:"where its /proc is; HOST_PROC is read too"`
	Sys  string `koanf:"sys" help:"where its /sys is; HOST_SYS is read too"`
	Etc  string `koanf:"etc" help:"where its /etc is; HOST_ETC is read too"`
}

// Log says what is logged to standard error.
type Log struct {
	Level  string `koanf:"level" help:"debug, info, warn or error"`
	Format string `koanf:"format" help:"text or json"`
}

// Default returns the settings of a machine where nothing is configured.
func Default() Config {
	day := Duration(24 * time.Hour)
	return Config{
		Data:   "./data",
		Listen: ":8080",
		Auth: Auth{
			SessionIdle: 7 * day, SessionLifetime: 90 * day, AuditRetention: 180 * day, Passwords: true,
			OIDC: OIDC{Name: "OpenID Connect", RoleClaim: "groups"},
		},
		Storage: Storage{
			SyncInterval:      Duration(30 * time.Second),
			RawRetention:      30 * day,
			FineRetention:     180 * day,
			HourlyRetention:   5 * 365 * day,
			RunRetention:      7 * day,
			SnapshotRetention: 7 * day,
			EventRetention:    180 * day,
		},
		Database: Database{Migrate: "auto"},
		Live:     Live{Connections: 2500, PerUser: 250},
		Query:    Query{Timeout: Duration(30 * time.Second), MaxSamples: 2_000_000, MaxRead: 50_000_000, Concurrency: 4},
		Schedule: Schedule{Concurrency: 32, PerHost: 8, Detect: true},
		Log:      Log{Level: "info", Format: "text"},
		Apply:    ApplyByItself,
	}
}

// When what is changed under the key sources is applied.
const (
	ApplyByItself = "auto"
	ApplyManually = "manual"
)

// Problem is one thing that is wrong with the settings.
type Problem struct {
	Path    string // database.url, or the name of an environment variable
	Message string
}

// String returns "path: message".
func (p Problem) String() string { return p.Path + ": " + p.Message }

// Problems is every problem found, as one error.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Validate returns every problem with the values, or nil.
func (c Config) Validate() Problems {
	var found Problems
	report := func(path, message string) { found = append(found, Problem{path, message}) }

	if c.Data == "" {
		report("data", "is empty; name a folder")
	}
	if problem := checkListen(c.Listen); problem != "" {
		report("listen", problem)
	}
	c.validateAccess(report)
	if problem := checkDatabase(c.Database.URL); problem != "" {
		report("database.url", problem)
	}
	if c.Database.Migrate != "auto" && c.Database.Migrate != "manual" {
		report("database.migrate", "must be auto or manual")
	}
	for _, setting := range []struct {
		path     string
		value    Duration
		min, max time.Duration
	}{
		{"storage.sync_interval", c.Storage.SyncInterval, 100 * time.Millisecond, 10 * time.Minute},
		{"storage.raw_retention", c.Storage.RawRetention, time.Hour, 100 * 365 * 24 * time.Hour},
		{"storage.five_minute_retention", c.Storage.FineRetention, 24 * time.Hour, 100 * 365 * 24 * time.Hour},
		{"storage.hourly_retention", c.Storage.HourlyRetention, 24 * time.Hour, 100 * 365 * 24 * time.Hour},
		{"storage.run_retention", c.Storage.RunRetention, time.Hour, 10 * 365 * 24 * time.Hour},
		{"storage.snapshot_retention", c.Storage.SnapshotRetention, time.Hour, 10 * 365 * 24 * time.Hour},
		{"auth.session_idle", c.Auth.SessionIdle, time.Minute, 10 * 365 * 24 * time.Hour},
		{"auth.session_lifetime", c.Auth.SessionLifetime, time.Minute, 10 * 365 * 24 * time.Hour},
		{"auth.audit_retention", c.Auth.AuditRetention, time.Hour, 100 * 365 * 24 * time.Hour},
		{"storage.event_retention", c.Storage.EventRetention, time.Hour, 100 * 365 * 24 * time.Hour},
	} {
		if setting.value.Std() < setting.min || setting.value.Std() > setting.max {
			report(setting.path, setting.value.String()+" is not between "+Duration(setting.min).String()+" and "+Duration(setting.max).String())
		}
	}
	for _, setting := range []struct {
		path         string
		value, least Size
	}{
		{"storage.max_bytes", c.Storage.MaxBytes, 64e6},
		{"storage.max_write_per_day", c.Storage.MaxWritePerDay, 5e6},
	} {
		if setting.value != 0 && setting.value < setting.least {
			report(setting.path, setting.value.String()+" is less than "+setting.least.String()+", the least that can be kept to; write none for no limit")
		}
	}
	if problem := checkRedis(c.Cache.RedisURL); problem != "" {
		report("cache.redis_url", problem)
	}
	c.Live.check(report)
	if c.Cache.Group != "" && c.Cache.RedisURL == "" {
		report("cache.group", "needs a Redis over which to tell: set cache.redis_url")
	}
	c.Query.check(report)
	c.Schedule.check(report)
	if _, err := c.Log.SlogLevel(); err != nil {
		report("log.level", err.Error())
	}
	if c.Apply != ApplyByItself && c.Apply != ApplyManually {
		report("apply", "must be auto or manual")
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		report("log.format", "must be text or json")
	}
	return found
}

// Engine is a kind of database.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
	MySQL      Engine = "mysql" // and MariaDB
)

// EngineOf returns the engine that a URL names; an empty URL is SQLite.
func EngineOf(address string) (Engine, bool) {
	scheme, _, _ := strings.Cut(address, ":")
	switch scheme {
	case "", "sqlite":
		return SQLite, true
	case "postgres", "postgresql":
		return PostgreSQL, true
	case "mysql", "mariadb":
		return MySQL, true
	default:
		return "", false
	}
}

// checkDatabase returns what is wrong with the URL, or "". It never repeats the
// URL, which may hold a password.
func checkDatabase(address string) string {
	if address == "" {
		return ""
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return "is not a URL; write for example sqlite:///var/lib/unity/unity.db, and %40 for @ in a password"
	}
	engine, known := EngineOf(address)
	switch {
	case !known:
		return `"` + parsed.Scheme + `" is not supported; use sqlite:///path/to/unity.db, postgres://user:password@host/database or mysql://user:password@host/database`
	case engine == SQLite && (parsed.Host != "" || strings.TrimPrefix(parsed.Path, "/") == ""):
		return "names no file; write for example sqlite:///var/lib/unity/unity.db, or sqlite:///./data/unity.db for a relative path"
	case engine != SQLite && strings.Trim(parsed.Path, "/") == "":
		return "names no database; write " + string(engine) + "://user:password@host/database"
	default:
		return ""
	}
}

// SlogLevel returns the level as log/slog has it.
func (l Log) SlogLevel() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return 0, fault.New(fault.Config, "must be debug, info, warn or error")
	}
	return level, nil
}

// checkRedis returns what is wrong with the URL, or "".
func checkRedis(address string) string {
	if address == "" {
		return ""
	}
	parsed, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"redis", "rediss", "valkey", "valkeys", "unix"}, parsed.Scheme) {
		return "is not the address of a Redis; write for example redis://user:password@host:6379/0, and %40 for @ in a password"
	}
	return ""
}

// DatabasePath returns the SQLite file; empty for another engine.
func (c Config) DatabasePath() string {
	if engine, _ := EngineOf(c.Database.URL); engine != SQLite {
		return ""
	}
	parsed, err := url.Parse(c.Database.URL)
	if c.Database.URL == "" || err != nil {
		return c.Data + "/unity.db"
	}
	if relative, ok := strings.CutPrefix(parsed.Path, "/./"); ok {
		return relative
	}
	return parsed.Path
}

// DatabaseName is what people are shown of the database: the file, or the URL
// without its password.
func (c Config) DatabaseName() string {
	if path := c.DatabasePath(); path != "" {
		return path
	}
	parsed, err := url.Parse(c.Database.URL)
	if err != nil {
		return ""
	}
	return parsed.Redacted()
}

// DatabaseURL returns the URL of the database, also when none is set.
func (c Config) DatabaseURL() string {
	path := c.DatabasePath()
	switch {
	case path == "":
		return c.Database.URL
	case strings.HasPrefix(path, "/"):
		return "sqlite://" + path
	default:
		return "sqlite:///./" + path
	}
}
