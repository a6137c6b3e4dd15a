package plugin

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// Duration is a length of time in a config, written as "30s", "1h30m" or "14d".
type Duration time.Duration

// Std returns d as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes d as "1m30s", without units that are zero.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. Days come first: 1d12h.
func (d *Duration) UnmarshalText(text []byte) error {
	refused := fault.New(fault.Config, "%q is not a duration; write for example 30s or 5m", text)
	days, rest, found := strings.Cut(string(text), "d")
	if !found {
		days, rest = "0", days
	}
	const day, longest = 24 * time.Hour, 100 * 365 * 24 * time.Hour
	n, err := strconv.ParseFloat(days, 64)
	if err != nil || !(n >= 0 && n <= float64(longest/day)) {
		return refused
	}
	parsed := time.Duration(n * float64(day))
	if !found || rest != "" {
		more, err := time.ParseDuration(rest)
		if err != nil || more < 0 || more > longest {
			return refused
		}
		parsed += more
	}
	*d = Duration(parsed)
	return nil
}

// redacted is what is shown in place of a secret.
const redacted = "********"

// Secret is a password or token. It never prints, logs or marshals itself; its
// value comes out of Reveal only.
type Secret string

// elsewhere reports whether a secret only says where it is.
func elsewhere(secret string) bool {
	return strings.HasPrefix(secret, "env:") || strings.HasPrefix(secret, "file:")
}

// ours reports whether an environment variable holds a secret of Unity itself,
// which must not be sent to what is watched.
func ours(name string) bool {
	switch strings.TrimPrefix(name, "UNITY_") {
	case "KEY", "SECRETS_KEY", "DATABASE_URL", "REDIS_URL", "CACHE_REDIS_URL", "AUTH_OIDC_CLIENT_SECRET":
		return true
	default:
		return false
	}
}

// Reveal returns the secret. A secret written as env:NAME or file:/path is read
// from there now, so that it can be changed without changing the config.
func (s Secret) Reveal() (string, error) {
	switch {
	case strings.HasPrefix(string(s), "env:"):
		name := strings.TrimPrefix(string(s), "env:")
		if ours(name) {
			return "", fault.New(fault.Permission, "the environment variable %s belongs to Unity itself", name)
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fault.New(fault.Config, "the environment variable %s, which holds a secret, is not set", name)
		}
		return value, nil
	case strings.HasPrefix(string(s), "file:"):
		name := strings.TrimPrefix(string(s), "file:")
		value, err := os.ReadFile(name)
		if err != nil {
			return "", fault.As(fault.Config, err, "reading a secret")
		}
		return strings.TrimRight(string(value), "\r\n"), nil
	case strings.HasPrefix(string(s), "sealed:"):
		// It is opened before it gets here, if there is the key for it.
		return "", fault.New(fault.Config, "a stored secret cannot be opened").
			WithHint("put back the key file that belongs to this database, or enter the secret again")
	default:
		return string(s), nil
	}
}

// Empty reports whether no secret was given.
func (s Secret) Empty() bool { return s == "" }

// String implements fmt.Stringer without giving the secret away.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format implements fmt.Formatter, so that no verb prints the secret.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON implements json.Marshaler without giving the secret away.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Globs are shell patterns such as veth* or /var/lib/*. A star does not stop at
// a slash.
type Globs []string

// Match reports whether one of the patterns matches the whole name.
func (g Globs) Match(name string) bool {
	for _, pattern := range g {
		// path.Match stops stars at slashes; there are none after this.
		ok, err := path.Match(flatten(pattern), flatten(name))
		if err == nil && ok {
			return true
		}
	}
	return false
}

func flatten(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

// Selects reports whether a name passes an include and an exclude list: exclude
// wins, and an empty include takes everything.
func Selects(include, exclude Globs, name string) bool {
	return !exclude.Match(name) && (len(include) == 0 || include.Match(name))
}
