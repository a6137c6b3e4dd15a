package systeminfo

import (
	"context"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// maxPackages bounds the packages named in the snapshot; all are counted.
const maxPackages = 50

// pending is what a package manager would install now.
type pending struct {
	Packages []packageUpdate `json:"packages"`
	All      int             `json:"all"`
	Security int             `json:"security"`
	// TellsSecurity is false where the package manager does not know which
	// updates matter for security.
	TellsSecurity bool `json:"tells_security"`
}

func (p *pending) add(update packageUpdate) {
	p.All++
	if update.Security {
		p.Security++
	}
	if len(p.Packages) < maxPackages {
		p.Packages = append(p.Packages, update)
	}
}

// findUpdates asks the package manager of the distribution's family, without
// refreshing its lists. A family that is not known has no updates to tell of.
func findUpdates(ctx context.Context, commands plugin.Runner, family string) (pending, error) {
	switch family {
	case "debian":
		out, err := ask(ctx, commands, "apt-get", "-s", "-qq", "-o", "Debug::NoLocking=true", "dist-upgrade")
		return parseAPT(out), err
	case "fedora":
		return findDNFUpdates(ctx, commands)
	case "alpine":
		out, err := ask(ctx, commands, "apk", "version", "-l", "<")
		return parseAPK(out), err
	case "arch":
		out, err := ask(ctx, commands, "pacman", "-Qu")
		return parsePacman(out), err
	default:
		return pending{}, fault.New(fault.Unsupported, "counting package updates: the package manager of this distribution is not known")
	}
}

func findDNFUpdates(ctx context.Context, commands plugin.Runner) (pending, error) {
	out, err := ask(ctx, commands, "dnf", "-q", "-C", "check-update")
	if err != nil {
		return pending{}, err
	}
	secure, err := ask(ctx, commands, "dnf", "-q", "-C", "check-update", "--security")
	if err != nil {
		return pending{}, err
	}
	return parseDNF(out, secure), nil
}

// ask runs a package manager. Some end with a code of their own when there is
// something to install (dnf: 100) or nothing to say (pacman: 1, silently).
func ask(ctx context.Context, commands plugin.Runner, name string, args ...string) (string, error) {
	c := plugin.Command{Name: name, Args: args}
	out, err := commands.Run(ctx, c)
	if err != nil {
		return "", fault.Wrap(err, "counting package updates")
	}
	quiet := name == "pacman" && out.ExitCode == 1 && len(out.Stderr) == 0
	if !quiet && (name != "dnf" || out.ExitCode != 100) {
		if err := command.Check(c, out); err != nil {
			return "", fault.Wrap(err, "counting package updates")
		}
	}
	return string(out.Stdout), nil
}

// aptLine matches "Inst NAME [CURRENT] (NEW ORIGINS [ARCH])".
var aptLine = regexp.MustCompile(`^Inst (\S+)(?: \[([^\]]*)\])? \((\S+)([^)\[]*)`)

func parseAPT(out string) pending {
	found := pending{TellsSecurity: true}
	for line := range strings.Lines(out) {
		match := aptLine.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		found.add(packageUpdate{
			Name: match[1], Current: match[2], New: match[3],
			Security: strings.Contains(match[4], "-security") || strings.Contains(match[4], "Debian-Security"),
		})
	}
	return found
}

func parseDNF(all, secure string) pending {
	isSecure := make(map[string]bool)
	for _, update := range dnfLines(secure) {
		isSecure[update.Name] = true
	}
	found := pending{TellsSecurity: true}
	for _, update := range dnfLines(all) {
		update.Security = isSecure[update.Name]
		found.add(update)
	}
	return found
}

// dnfLines reads "NAME.ARCH VERSION REPOSITORY" up to the list of packages that
// others replace.
func dnfLines(out string) []packageUpdate {
	var updates []packageUpdate
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "Obsoleting") {
			break
		}
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.Contains(fields[0], ".") {
			continue
		}
		name := fields[0][:strings.LastIndexByte(fields[0], '.')]
		updates = append(updates, packageUpdate{Name: name, New: fields[1]})
	}
	return updates
}

// parseAPK reads "NAME-CURRENT < NEW".
func parseAPK(out string) pending {
	var found pending
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[1] != "<" {
			continue
		}
		name, current := fields[0], ""
		// A version follows the last dash before a digit that is not a revision.
		if parts := strings.Split(name, "-"); len(parts) >= 3 {
			name = strings.Join(parts[:len(parts)-2], "-")
			current = strings.Join(parts[len(parts)-2:], "-")
		}
		found.add(packageUpdate{Name: name, Current: current, New: fields[2]})
	}
	return found
}

// parsePacman reads "NAME CURRENT -> NEW".
func parsePacman(out string) pending {
	var found pending
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[2] != "->" || strings.Contains(line, "[ignored]") {
			continue
		}
		found.add(packageUpdate{Name: fields[0], Current: fields[1], New: fields[3]})
	}
	return found
}
