package smart

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// program is what is asked.
const program = "smartctl"

// grace is how long a program that was killed may take to end.
const grace = 3 * time.Second

// Bits of the exit status that say that there is no answer.
const (
	exitBadCommand = 1 << 0
	exitNotOpened  = 1 << 1
)

// smartctl asks the program.
type smartctl struct {
	host   plugin.Host
	config config

	mu sync.Mutex
	// hanging are the devices whose answer is still awaited: a disk that is
	// about to die can keep a process so that nothing ends it.
	hanging map[target]bool
}

// target is how a disk is reached.
type target struct{ Path, Type string }

// String names it for people.
func (t target) String() string {
	if strings.Contains(t.Type, ",") {
		return t.Path + " (" + t.Type + ")"
	}
	return t.Path
}

// reply is what smartctl said of a disk.
type reply struct {
	answer *answer
	asleep bool
	err    error
}

// scan lists the disks that smartctl finds. It opens none, for that can wake
// them; what it takes for SCSI may speak ATA behind a bridge, and smartctl
// finds out by itself when it is asked without a type.
func (s *smartctl) scan(ctx context.Context) ([]target, error) {
	out, err := s.run(ctx, "--scan", "--json=c")
	if err != nil {
		return nil, err
	}
	a, err := s.understand(out, "looking for disks")
	if err != nil {
		return nil, err
	}
	var targets []target
	for _, found := range a.Devices {
		t := target{Path: found.Name, Type: found.Type}
		if found.Type == "scsi" {
			t.Type = ""
		}
		if found.Name != "" && !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// read asks for everything a disk says. A sleeping one is left alone, unless
// wake is set.
func (s *smartctl) read(ctx context.Context, t target, wake bool) reply {
	s.mu.Lock()
	hangs := s.hanging[t]
	if !hangs {
		if s.hanging == nil {
			s.hanging = make(map[target]bool)
		}
		s.hanging[t] = true
	}
	s.mu.Unlock()
	if hangs {
		return reply{err: fault.New(fault.Timeout, "asking %s: an earlier question is still without an answer", t).
			WithHint("the disk or its controller hangs; see dmesg")}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Patience.Std())
	done := make(chan reply, 1)
	go func() {
		defer cancel()
		r := s.ask(ctx, t, wake)
		s.mu.Lock()
		delete(s.hanging, t)
		s.mu.Unlock()
		done <- r
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
	}
	// What was killed says so at once, unless the kernel holds it.
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-done:
		return r
	case <-timer.C:
		return reply{err: fault.New(fault.Timeout, "asking %s: no answer, and smartctl cannot be ended", t).
			WithHint("the disk or its controller hangs; see dmesg")}
	}
}

func (s *smartctl) ask(ctx context.Context, t target, wake bool) reply {
	args := []string{"--json=c", "--xall"}
	if t.Type != "" {
		args = append(args, "--device="+t.Type)
	}
	if !wake && s.config.NoCheck != checkAlways {
		args = append(args, "--nocheck="+s.config.NoCheck)
	}
	out, err := s.run(ctx, append(args, t.Path)...)
	if err != nil {
		return reply{err: fault.Wrap(err, "asking %s", t)}
	}
	a, err := s.understand(out, "asking "+t.String())
	switch {
	case err != nil:
		return reply{err: err}
	case a.asleep():
		return reply{answer: a, asleep: true}
	case a.exit()&(exitBadCommand|exitNotOpened) == 0:
		return reply{answer: a}
	case a.complaint() != "":
		return reply{answer: a, err: explain(t, a.complaint())}
	case a.SerialNumber == "" && a.ModelName == "" && a.SCSIModelName == "":
		return reply{answer: a, err: fault.New(fault.BadAnswer, "asking %s: smartctl ends with status %d and does not say why", t, a.exit())}
	default: // it says who it is, and nothing of its health
		return reply{answer: a}
	}
}

func (s *smartctl) run(ctx context.Context, args ...string) (plugin.Output, error) {
	out, err := s.host.Commands.Run(ctx, plugin.Command{Name: program, Args: args, Sudo: s.config.Sudo})
	if fault.Of(err) == fault.NotInstalled {
		if _, missing := s.host.Commands.Find(program); missing != nil {
			return out, fault.New(fault.NotInstalled, "smartctl is not installed").
				WithHint("install the package smartmontools")
		}
	}
	return out, err
}

// understand reads the document that the program printed.
func (s *smartctl) understand(out plugin.Output, doing string) (*answer, error) {
	text := strings.TrimSpace(string(out.Stdout))
	if !strings.HasPrefix(text, "{") {
		asked := plugin.Command{Name: program, Sudo: s.config.Sudo}
		switch err := command.Check(asked, out); {
		case strings.Contains(text, "UNRECOGNIZED OPTION"):
			return nil, fault.New(fault.Unsupported, "%s: this smartctl is too old to answer in JSON", doing).
				WithHint("install smartmontools 7.0 or newer")
		case len(out.Stderr) > 0 && err != nil:
			return nil, fault.Wrap(err, "%s", doing)
		}
	}
	a, err := parseAnswer(out.Stdout)
	if err != nil {
		return nil, fault.Wrap(err, "%s", doing)
	}
	return a, nil
}

// explain gives what smartctl complains of a kind and, where there is one, a
// way out.
func explain(t target, complaint string) error {
	says := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(complaint, part) })
	}
	f := func(kind fault.Kind) *fault.Error { return fault.New(kind, "asking %s: %s", t, complaint) }
	switch {
	case says("Permission denied", "Operation not permitted"):
		return f(fault.Permission).WithHint("smartctl needs root: run Unity as root, or allow smartctl in sudoers and set use_sudo")
	case says("Option '-d", "Unknown device type"):
		return f(fault.Config).WithHint("smartctl -h lists the types of devices")
	case says("INQUIRY failed"):
		return f(fault.NotFound).WithHint("no disk answers at that place of the controller")
	case says("USB bridge"):
		return f(fault.Unsupported).
			WithHint("its USB bridge hides the disk; name it in devices with the type sat, usbjmicron, sntjmicron, sntrealtek or sntasmedia")
	case says("megaraid", "MegaRaid", "cciss", "areca", "3ware"):
		return f(fault.Unsupported).WithHint("it is a volume of a RAID controller; name its disks in devices, with a type such as megaraid,0")
	case says("Unable to detect device type", "please specify"):
		return f(fault.Unsupported).WithHint("virtual disks have no health; leave it out with exclude, or name a type")
	case says("No such device", "No such file"):
		return f(fault.NotFound).WithHint("was the disk taken out? smartctl --scan lists those that there are")
	default:
		return f(fault.BadAnswer)
	}
}
