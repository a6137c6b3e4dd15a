package zfsbtrfs

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// sysfs is where the kernel tells of Btrfs. It needs no rights.
const sysfs = "/sys/fs/btrfs"

// volume is a mounted file system of Btrfs.
type volume struct {
	UUID      string
	Label     string
	Mounts    []string
	Operation string // none, balance, device add …
	Space     []space
	Devices   []member
	SizeBytes *float64 // of all devices together
	Commits   *float64
	MaxCommit *float64 // seconds
	Reserve   *float64 // global reserve
}

// space is one of the three kinds of space: data, metadata and system.
type space struct {
	Type      string
	Profile   string // single, dup, raid1 …; several while it is converted
	Used      *float64
	Total     *float64
	DiskUsed  *float64
	DiskTotal *float64
	Reserved  *float64
}

// member is a device of a volume.
type member struct {
	ID        string
	Path      string // known when btrfs was asked
	Missing   bool
	Writeable *bool
	Replacing bool
	Errors    map[string]float64 // write, read, flush, corruption, generation
}

// title is what people call it: its label, else where it is mounted.
func (v volume) title() string {
	switch {
	case v.Label != "":
		return v.Label
	case len(v.Mounts) > 0:
		return v.Mounts[0]
	default:
		return v.UUID
	}
}

// operations are what keeps a file system from other great changes.
func operations() []string {
	return []string{
		"none", "balance", "balance paused", "device add", "device remove", "device replace", "resize", "swap activate",
	}
}

func errorTypes() []string { return []string{"write", "read", "flush", "corruption", "generation"} }

// readVolumes reads every mounted file system of Btrfs.
func readVolumes(files plugin.Files) []volume {
	var found []volume
	mounts := btrfsMounts(files)
	for _, uuid := range uuids(files) {
		v := readVolume(files, uuid)
		for _, m := range mounts {
			if slices.Contains(v.kernelNames(files), path.Base(m.source)) {
				v.Mounts = append(v.Mounts, m.point)
			}
		}
		slices.Sort(v.Mounts)
		found = append(found, v)
	}
	return found
}

// uuids lists the folders of file systems; the others are features and the like.
func uuids(files plugin.Files) []string {
	entries, err := files.ReadDir(sysfs)
	if err != nil {
		return nil
	}
	known := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	var names []string
	for _, entry := range entries {
		if known.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names
}

func readVolume(files plugin.Files, uuid string) volume {
	folder := path.Join(sysfs, uuid)
	text := func(name string) string {
		said, err := hostfs.Text(files, path.Join(folder, name))
		if err != nil {
			return ""
		}
		return said
	}
	number := func(name string) *float64 { return decimal(text(name)) }
	v := volume{UUID: uuid, Label: text("label"), Operation: text("exclusive_operation"), Reserve: number("allocation/global_rsv_size")}
	for _, kind := range []string{"data", "metadata", "system"} {
		at := "allocation/" + kind + "/"
		s := space{
			Type: kind, Profile: profile(files, path.Join(folder, at)), Used: number(at + "bytes_used"), Total: number(at + "total_bytes"),
			DiskUsed: number(at + "disk_used"), DiskTotal: number(at + "disk_total"), Reserved: number(at + "bytes_reserved"),
		}
		if s.Total != nil {
			v.Space = append(v.Space, s)
		}
	}
	const sector = 512
	for _, name := range v.kernelNames(files) {
		if sectors := number("devices/" + name + "/size"); sectors != nil {
			v.SizeBytes = plus(v.SizeBytes, *sectors*sector)
		}
	}
	v.Devices = readMembers(files, folder)
	for line := range strings.Lines(text("commit_stats")) {
		switch words := strings.Fields(line); {
		case len(words) != 2:
		case words[0] == "commits":
			v.Commits = decimal(words[1])
		case words[0] == "max_commit_ms":
			if ms := decimal(words[1]); ms != nil {
				v.MaxCommit = new(*ms / 1000)
			}
		}
	}
	return v
}

// plus adds to what is known.
func plus(sum *float64, more float64) *float64 {
	if sum == nil {
		return &more
	}
	return new(*sum + more)
}

// kernelNames lists the devices as the kernel calls them: sda1, loop3.
func (v volume) kernelNames(files plugin.Files) []string {
	entries, err := files.ReadDir(path.Join(sysfs, v.UUID, "devices"))
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// profile returns how data is spread: the folders beside the figures are called
// so, more than one while it is converted.
func profile(files plugin.Files, folder string) string {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return ""
	}
	var names []string
	for _, entry := range entries {
		if copies(entry.Name(), 2) > 0 {
			names = append(names, entry.Name())
		}
	}
	return strings.Join(names, "+")
}

// copies returns how many bytes of disks a byte of data takes; 0 for what is no
// profile.
func copies(profile string, devices int) float64 {
	n := float64(devices)
	switch profile {
	case "single", "raid0":
		return 1
	case "dup", "raid1", "raid10":
		return 2
	case "raid1c3":
		return 3
	case "raid1c4":
		return 4
	case "raid5":
		return n / max(1, n-1)
	case "raid6":
		return n / max(1, n-2)
	default:
		return 0
	}
}

func readMembers(files plugin.Files, folder string) []member {
	entries, err := files.ReadDir(path.Join(folder, "devinfo"))
	if err != nil {
		return nil
	}
	var members []member
	for _, entry := range entries {
		at := path.Join(folder, "devinfo", entry.Name())
		flag := func(name string) *bool {
			said, err := hostfs.Text(files, path.Join(at, name))
			if err != nil || said != "0" && said != "1" {
				return nil
			}
			return new(said == "1")
		}
		m := member{ID: entry.Name(), Writeable: flag("writeable"), Errors: make(map[string]float64)}
		if missing := flag("missing"); missing != nil {
			m.Missing = *missing
		}
		if replacing := flag("replace_target"); replacing != nil {
			m.Replacing = *replacing
		}
		if stats, err := hostfs.Text(files, path.Join(at, "error_stats")); err == nil {
			m.Errors = parseErrors(stats)
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int { return number(a.ID) - number(b.ID) })
	return members
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// parseErrors reads error_stats; a device whose counters are not valid yet says
// so in words, and has none.
func parseErrors(text string) map[string]float64 {
	counts := make(map[string]float64)
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) != 2 {
			continue
		}
		name, found := strings.CutSuffix(words[0], "_errs")
		if n := decimal(words[1]); found && n != nil && slices.Contains(errorTypes(), name) {
			counts[name] = *n
		}
	}
	return counts
}

// unallocated is what no kind of space has taken yet.
func (v volume) unallocated() *float64 {
	if v.SizeBytes == nil || len(v.Space) == 0 {
		return nil
	}
	left := *v.SizeBytes
	for _, s := range v.Space {
		if s.DiskTotal == nil {
			return nil
		}
		left -= *s.DiskTotal
	}
	return new(max(0, left))
}

// estimatedFree is how much more data fits: what is left of the space for data,
// and what can be made of the rest.
func (v volume) estimatedFree() *float64 {
	left := v.unallocated()
	for _, s := range v.Space {
		if s.Type != "data" || s.Used == nil || left == nil {
			continue
		}
		each := copies(s.Profile, len(v.Devices))
		if each == 0 { // being converted: as it is by now
			if s.DiskTotal == nil || *s.Total == 0 {
				return nil
			}
			each = *s.DiskTotal / *s.Total
		}
		if each == 0 {
			return nil
		}
		return new(max(0, *s.Total-*s.Used) + *left/each)
	}
	return nil
}

// mount is a line of mountinfo about Btrfs.
type mount struct{ source, point string }

// btrfsMounts lists where file systems of Btrfs are mounted.
func btrfsMounts(files plugin.Files) []mount {
	text, err := files.ReadFile("/proc/1/mountinfo")
	if err != nil {
		if text, err = files.ReadFile("/proc/self/mountinfo"); err != nil {
			return nil
		}
	}
	var mounts []mount
	for line := range strings.Lines(string(text)) {
		before, after, found := strings.Cut(line, " - ")
		words, what := strings.Fields(before), strings.Fields(after)
		if !found || len(words) < 5 || len(what) < 2 || what[0] != "btrfs" {
			continue
		}
		mounts = append(mounts, mount{source: unescape(what[1]), point: unescape(words[4])})
	}
	return mounts
}

// unescape reads \040 and the like, which stand for what separates words.
func unescape(text string) string {
	return regexp.MustCompile(`\\[0-7]{3}`).ReplaceAllStringFunc(text, func(code string) string {
		n, err := strconv.ParseUint(code[1:], 8, 8)
		if err != nil {
			return code
		}
		return string([]byte{byte(n)})
	})
}
