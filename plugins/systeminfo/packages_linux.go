package systeminfo

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	updatesEvery = 6 * time.Hour
	rebootEvery  = time.Hour
	updatesKey   = "updates"
)

// updatesPart counts pending package updates. What it found outlives a restart
// of Unity, so that restarts do not run the package manager.
type updatesPart struct {
	host  plugin.Host
	chore *chore[pending]
	// fetched is whether what was kept from before has been looked for, and kept
	// the moment of the result that is kept.
	fetched bool
	kept    time.Time
}

// keptUpdates is the form in which the result is kept.
type keptUpdates struct {
	At      time.Time `json:"at"`
	Pending pending   `json:"pending"`
}

func newUpdatesPart(ctx context.Context, host plugin.Host) *updatesPart {
	return &updatesPart{host: host, chore: newChore(ctx, updatesEvery, func(ctx context.Context) (pending, error) {
		// Its own look: a chore runs beside the collection that writes to who.
		return findUpdates(ctx, host.Commands, family(readRelease(host.Files)))
	})}
}

func (p *updatesPart) collect(ctx context.Context, r *run) error {
	if !p.fetched {
		p.fetched = true
		if kept, known := plugin.Recall[keptUpdates](p.host.State, updatesKey); known {
			p.chore.remember(kept.Pending, kept.At)
			p.kept = kept.At
		}
	}
	found, at, err := p.chore.result(ctx, r.now)
	if at.IsZero() {
		return err
	}
	r.doc.Updates = &updateFacts{All: found.All, Packages: found.Packages, Checked: at.UTC()}
	r.out.Add("system_updates_pending", float64(found.All), "type", "all")
	if found.TellsSecurity {
		r.out.Add("system_updates_pending", float64(found.Security), "type", "security")
		r.doc.Updates.Security = &found.Security
	}
	if !at.Equal(p.kept) {
		p.kept = at
		if err := plugin.Keep(p.host.State, updatesKey, keptUpdates{At: at, Pending: found}); err != nil {
			return err
		}
	}
	return err
}

// rebootPart tells whether installed updates wait for a restart. Each family of
// distributions has its own sign.
type rebootPart struct {
	host  plugin.Host
	who   *identity
	chore *chore[bool]
}

func newRebootPart(ctx context.Context, host plugin.Host, who *identity) *rebootPart {
	return &rebootPart{host: host, who: who, chore: newChore(ctx, rebootEvery, func(ctx context.Context) (bool, error) {
		return needsRestarting(ctx, host.Commands)
	})}
}

// needsRestarting asks the program of that name, which ends with 1 when the
// machine should be restarted.
func needsRestarting(ctx context.Context, commands plugin.Runner) (bool, error) {
	out, err := commands.Run(ctx, plugin.Command{Name: "needs-restarting", Args: []string{"-r"}})
	switch {
	case err != nil:
		return false, fault.Wrap(err, "asking whether a restart is needed")
	case out.ExitCode == 1 && len(out.Stdout) > 0:
		return true, nil
	case out.ExitCode == 0:
		return false, nil
	default:
		return false, fault.New(fault.BadAnswer, "asking whether a restart is needed: needs-restarting ended with %d", out.ExitCode)
	}
}

func (p *rebootPart) collect(ctx context.Context, r *run) error {
	facts, known, err := p.look(ctx, r.now)
	if known {
		r.out.AddBool("system_reboot_required", facts.Required)
		r.doc.RebootRequired = &facts
	}
	return err
}

func (p *rebootPart) look(ctx context.Context, now time.Time) (facts rebootFacts, known bool, err error) {
	files := p.host.Files
	switch p.who.family {
	case "debian":
		facts.Required = there(files, "/run/reboot-required")
		if facts.Required {
			facts.Reason = "installed packages ask for it"
			facts.Packages = strings.Fields(text(files, "/run/reboot-required.pkgs"))
			slices.Sort(facts.Packages)
			facts.Packages = slices.Compact(facts.Packages)
			facts.Packages = facts.Packages[:min(len(facts.Packages), maxPackages)]
		}
		return facts, true, nil
	case "fedora":
		required, at, err := p.chore.result(ctx, now)
		if fault.Of(err) == fault.NotInstalled {
			return facts, false, nil // dnf-utils is optional
		}
		if required {
			facts.Reason = "core libraries or services were updated since the start"
		}
		facts.Required = required
		return facts, !at.IsZero(), err
	case "arch":
		kernel := p.who.facts.Kernel
		if kernel == "" || p.who.facts.Container != "" || !there(files, "/usr/lib/modules") {
			return facts, false, nil
		}
		facts.Required = !there(files, "/usr/lib/modules/"+kernel)
		if facts.Required {
			facts.Reason = "the running kernel " + kernel + " is no longer installed"
		}
		return facts, true, nil
	default:
		return facts, false, nil
	}
}
