package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxOutput bounds what restic or Borg list: 10,000 snapshots have some 8 MB.
const maxOutput = 32 << 20

// tool runs restic or Borg on one repository.
type tool struct {
	name   string
	config config
	host   plugin.Host
	// explain makes a fault of an exit code other than 0; nil where there is
	// nothing to say about it.
	explain func(out plugin.Output) *fault.Error
}

// run runs the tool to its end and returns what it printed.
func (t tool) run(ctx context.Context, what string, env map[string]string, args ...string) (plugin.Output, error) {
	if err := t.config.Env.reveal(env); err != nil {
		return plugin.Output{}, err
	}
	c := plugin.Command{Name: t.name, Args: args, Env: env, MaxOutputBytes: maxOutput}
	out, err := t.host.Commands.Run(ctx, c)
	doing := what + " of " + masked(t.config.Location)
	switch {
	case fault.Of(err) == fault.NotInstalled:
		return out, fault.New(fault.NotInstalled, "%s: %s is not installed", doing, t.name).
			WithHint("install %s on the machine that Unity runs on, or add its folder to PATH", t.name)
	case fault.Of(err) == fault.Timeout:
		// They try again for long, and complain of each time.
		if f := t.cause(string(out.Stderr)); f != nil {
			f.Message = doing + ": " + f.Message
			return out, f
		}
		return out, fault.New(fault.Timeout, "%s: %s did not end in time and was killed", doing, t.name).
			WithHint("see whether the storage answers; give the source a longer timeout where the repository is large")
	case err != nil:
		return out, fault.Wrap(err, "%s", doing)
	case out.Truncated:
		return out, fault.New(fault.BadAnswer, "%s: %s lists more than %d MiB", doing, t.name, maxOutput>>20).
			WithHint("forget some of the many snapshots: restic forget, borg prune")
	case out.ExitCode != 0:
		if f := t.explain(out); f != nil {
			f.Message = doing + ": " + f.Message
			return out, f
		}
	}
	return out, nil
}

// unreadable is what is said of an answer that is not JSON.
func (t tool) unreadable(what string, err error) error {
	return fault.New(fault.BadAnswer, "%s of %s: what %s prints is not understood: %v", what, masked(t.config.Location), t.name, err)
}

// decode reads one JSON document.
func decode(text []byte, into any) error {
	return json.NewDecoder(bytes.NewReader(text)).Decode(into)
}

// withoutPassword finds a login in the address of a repository.
var withoutPassword = regexp.MustCompile(`//[^/@]*@`)

// masked is a repository without the login that its address may have.
func masked(repository string) string {
	if at, err := url.Parse(repository); err == nil && at.User == nil && !strings.Contains(repository, "@") {
		return repository
	}
	return withoutPassword.ReplaceAllString(repository, "//")
}

// local returns the folder of a repository on this machine, and whether it is one.
func local(repository string) (string, bool) {
	return path.Clean(repository), strings.HasPrefix(repository, "/")
}

// refusal is a status of HTTP that says the login is not good enough.
var refusal = regexp.MustCompile(`\b40[13]\b`)

// cause is why a tool that named a file could not read it. What the location
// is called says nothing about that: a folder may be named 403.
func (t tool) cause(said string) *fault.Error {
	lower := strings.ReplaceAll(strings.ToLower(said), strings.ToLower(t.config.Location), "")
	switch {
	case strings.Contains(lower, "permission denied"), strings.Contains(lower, "permissionerror"):
		hint := "let the user that runs Unity read the repository"
		if folder, is := local(t.config.Location); is {
			hint += ": setfacl -R -m u:unity:rX,d:u:unity:rX " + folder
		}
		return fault.New(fault.Permission, "permission denied").WithHint("%s", hint)
	case strings.Contains(lower, "no such host"), strings.Contains(lower, "could not resolve"), strings.Contains(lower, "name or service not known"):
		return fault.New(fault.DNS, "no such host").WithHint("check the name in the repository's address")
	case strings.Contains(lower, "connection refused"):
		return fault.New(fault.Refused, "connection refused").WithHint("see whether the storage runs, and on which port")
	case strings.Contains(lower, "no route to host"), strings.Contains(lower, "network is unreachable"), strings.Contains(lower, "connection closed by remote"),
		strings.Contains(lower, "connection reset"):
		return fault.New(fault.Unreachable, "the storage cannot be reached").WithHint("see whether the machine with the repository is up")
	case strings.Contains(lower, "i/o timeout"), strings.Contains(lower, "connection timed out"), strings.Contains(lower, "deadline exceeded"):
		return fault.New(fault.Timeout, "the storage does not answer").WithHint("see whether the machine with the repository is up and no firewall is in between")
	case strings.Contains(lower, "x509:"), strings.Contains(lower, "tls:"):
		return fault.New(fault.TLS, "the certificate of the storage is not trusted").WithHint("set SSL_CERT_FILE in env to the authority that signed it")
	case strings.Contains(lower, "host key verification"):
		return fault.New(fault.Auth, "the machine with the repository is not known to ssh").WithHint("connect once as the user that runs Unity: ssh HOST")
	case strings.Contains(lower, "access key"), strings.Contains(lower, "signaturedoesnotmatch"), strings.Contains(lower, "accessdenied"), strings.Contains(lower, "access denied"),
		strings.Contains(lower, "unauthorized"), refusal.MatchString(lower):
		return fault.New(fault.Auth, "the storage refuses the login").WithHint("check the credentials in env")
	default:
		return nil
	}
}
