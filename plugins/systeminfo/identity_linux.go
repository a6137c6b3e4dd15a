package systeminfo

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// identityAge is how long what a machine is is taken to stay so.
const identityAge = time.Hour

// identity finds out what machine this is. It hardly ever changes, and is read
// anew once an hour.
type identity struct {
	host     plugin.Host
	hardware bool

	read     time.Time
	facts    hostFacts
	cpu      cpuFacts
	family   string
	isLXC    bool
	hasLXCFS bool
}

func (p *identity) collect(_ context.Context, r *run) error {
	if p.read.IsZero() || r.now.Sub(p.read) >= identityAge || r.now.Before(p.read) {
		p.look()
		p.read = r.now
	}
	r.doc.Host = p.facts
	r.doc.CPU.Model, r.doc.CPU.Physical, r.doc.CPU.MHz = p.cpu.Model, p.cpu.Physical, p.cpu.MHz
	if p.cpu.Physical > 0 {
		r.out.Add("system_cpu_physical_count", float64(p.cpu.Physical))
	}
	return nil
}

func (p *identity) look() {
	files := p.host.Files
	release := readRelease(files)
	p.family = family(release)
	p.facts = hostFacts{
		Hostname:  p.host.Name,
		OS:        release["PRETTY_NAME"],
		Kernel:    text(files, "/proc/sys/kernel/osrelease"),
		Arch:      text(files, "/proc/sys/kernel/arch"),
		MachineID: text(files, "/etc/machine-id"),
	}
	if p.facts.OS == "" {
		p.facts.OS = release["NAME"]
	}
	if p.facts.Arch == "" { // before Linux 6.1
		p.facts.Arch = archOf(runtime.GOARCH)
	}
	p.container()

	var processor processorFacts
	if data, err := files.ReadFile("/proc/cpuinfo"); err == nil {
		processor = parseCPUInfo(data)
	}
	if processor.physical == 0 {
		processor.physical = p.cores()
	}
	p.cpu = cpuFacts{Model: processor.model, Physical: processor.physical, MHz: processor.mhz}
	p.machine(processor)
}

// archOf returns the name that uname gives to what Go calls otherwise.
func archOf(goarch string) string {
	switch goarch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i686"
	default:
		return goarch
	}
}

func readRelease(files plugin.Files) map[string]string {
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if data, err := files.ReadFile(name); err == nil {
			return parseAssignments(data)
		}
	}
	return map[string]string{}
}

// cores counts groups of threads where cpuinfo does not tell cores apart.
func (p *identity) cores() int {
	seen := make(map[string]bool)
	for _, cpu := range list(p.host.Files, "/sys/devices/system/cpu", "cpu") {
		if siblings := text(p.host.Files, cpu+"/topology/thread_siblings_list"); siblings != "" {
			seen[siblings] = true
		}
	}
	return len(seen)
}

// container finds out whether the files are those of a container.
func (p *identity) container() {
	files := p.host.Files
	kind := text(files, "/run/systemd/container")
	switch {
	case there(files, "/.dockerenv"):
		kind = "docker"
	case there(files, "/run/.containerenv"):
		kind = "podman"
	case kind != "":
	case there(files, "/dev/lxd"), there(files, "/dev/.lxc"):
		kind = "lxc"
	default:
		kind = fromEnviron(files)
	}
	p.facts.Container = kind
	p.isLXC = kind == "lxc" || kind == "systemd-nspawn"
	if mounts, err := files.ReadFile("/proc/self/mountinfo"); err == nil && p.isLXC {
		p.hasLXCFS = bytes.Contains(mounts, []byte(" - fuse.lxcfs "))
	}
	if kind != "" && !p.isLXC {
		p.facts.Note = "Unity runs in a container without the machine's files: name, users, network and root disk are the container's"
	}
}

// fromEnviron asks the environment of the first process, which root may read.
func fromEnviron(files plugin.Files) string {
	environ, err := files.ReadFile("/proc/1/environ")
	if err != nil {
		return ""
	}
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if kind, ok := bytes.CutPrefix(entry, []byte("container=")); ok && len(kind) < 64 {
			return string(kind)
		}
	}
	return ""
}

// machine reads firmware texts and says what kind of machine this is.
func (p *identity) machine(processor processorFacts) {
	files := p.host.Files
	const dmi = "/sys/class/dmi/id/"
	vendor, product := meant(text(files, dmi+"sys_vendor")), meant(text(files, dmi+"product_name"))
	switch {
	case text(files, "/sys/hypervisor/type") == "xen":
		p.facts.Virtualization = "xen"
	case processor.hypervisor:
		p.facts.Virtualization = hypervisorOf(vendor, product)
		if p.facts.Virtualization == "" {
			p.facts.Virtualization = "vm"
		}
	default:
		p.facts.Virtualization = hypervisorOf(vendor, product)
	}
	if !p.hardware {
		return
	}
	p.facts.Vendor, p.facts.Model = vendor, product
	p.facts.Board = meant(text(files, dmi+"board_name"))
	p.facts.Serial = meant(text(files, dmi+"product_serial"))
	p.facts.BIOS = meant(text(files, dmi+"bios_version"))
	if model := strings.TrimRight(text(files, "/proc/device-tree/model"), "\x00"); model != "" {
		p.facts.Model = model
	}
	if p.facts.Model == "" {
		p.facts.Model = processor.machine
	}
}

// meant drops what makers leave in firmware when they had nothing to say.
func meant(said string) string {
	switch strings.ToLower(strings.TrimRight(said, ".")) {
	case "to be filled by o.e.m", "default string", "system product name", "system manufacturer", "system serial number",
		"not specified", "none", "n/a", "o.e.m", "unknown", "0", "0123456789":
		return ""
	default:
		return strings.ToValidUTF8(said, "\uFFFD")
	}
}

// usersPart reads who is logged in: from logind where it runs, else from utmp.
type usersPart struct{ files plugin.Files }

func (p *usersPart) collect(_ context.Context, r *run) error {
	sessions, known := p.logind()
	if !known {
		data, err := p.files.ReadFile("/run/utmp")
		if err != nil {
			return nil //nolint:nilerr // neither is there: nobody counts logins here
		}
		sessions = parseUTMP(data)
	}
	r.out.Add("system_users_logged_in", float64(len(sessions)))
	const shown = 50
	r.doc.Users = sessions[:min(len(sessions), shown)]
	return nil
}

func (p *usersPart) logind() ([]session, bool) {
	const folder = "/run/systemd/sessions"
	entries, err := p.files.ReadDir(folder)
	if err != nil {
		return nil, false
	}
	// The folder is there without logind too; only its seats prove that it runs.
	if len(entries) == 0 && !there(p.files, "/run/systemd/seats/seat0") {
		return nil, false
	}
	var sessions []session
	for _, entry := range entries[:min(len(entries), maxSessions)] {
		if entry.Type()&os.ModeNamedPipe != 0 { // the session's own end of life
			continue
		}
		data, err := p.files.ReadFile(folder + "/" + entry.Name())
		if err != nil {
			continue // it ended meanwhile
		}
		if s, ok := parseSession(data); ok {
			sessions = append(sessions, s)
		}
	}
	return sessions, true
}
