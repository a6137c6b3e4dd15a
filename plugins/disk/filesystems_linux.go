package disk

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// readFileSystems finds what is mounted and asks how full it is.
func (r *reader) readFileSystems(ctx context.Context, s *survey) error {
	groups, err := r.mounted()
	if err != nil {
		return err
	}
	asked := r.fstab()
	mounts := slices.Concat(groups...)
	answers := r.usage.askAll(ctx, mounts, r.config.StatfsTimeout.Std())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, group := range groups {
		for i, said := range distinct(answers[:len(group)]) {
			if said {
				r.addFileSystem(s, group[i], answers[i], asked)
			}
		}
		answers = answers[len(group):]
	}
	return nil
}

// mounted returns what is mounted and wanted, grouped by file system.
func (r *reader) mounted() ([][]mount, error) {
	// Process 1 sees the machine's mounts; this one may be shut into a view of
	// its own, in which a service manager made much read-only.
	data, err := r.host.Files.ReadFile("/proc/1/mountinfo")
	if err != nil {
		if data, err = r.host.Files.ReadFile("/proc/self/mountinfo"); err != nil {
			return nil, fault.Wrap(err, "reading what is mounted")
		}
	}
	all := parseMounts(data)
	if len(all) == 0 {
		return nil, fault.New(fault.BadAnswer, "reading what is mounted: nothing in mountinfo can be understood").
			WithHint("is the host's /proc mounted where HOST_PROC says?")
	}
	mounts := slices.DeleteFunc(visible(all), func(m mount) bool {
		return !r.config.wantsMount(m.Type, m.Mountpoint)
	})
	return fileSystems(mounts), nil
}

// distinct reports which answers of one file system are worth showing: the
// first good one, and those of another size, which have a quota of their own.
// Where none is good, the first stands for all.
func distinct(answers []answer) []bool {
	keep := make([]bool, len(answers))
	var sizes []uint64
	for i, a := range answers {
		if a.Err == nil && !a.Hung && !slices.Contains(sizes, a.Usage.SizeBytes) {
			sizes = append(sizes, a.Usage.SizeBytes)
			keep[i] = true
		}
	}
	if len(sizes) == 0 {
		keep[0] = true
	}
	return keep
}

// addFileSystem puts a file system and its answer into the survey.
func (r *reader) addFileSystem(s *survey, m mount, a answer, fstab map[string][]string) {
	options, known := fstab[m.Mountpoint]
	f := fileSystem{
		Mountpoint: m.Mountpoint, Source: r.source(m), Type: m.Type, Options: m.Options, ReadOnly: m.readonly(),
		AskedWritable: known && !slices.Contains(options, "ro"),
	}
	f.Remounted = f.ReadOnly && f.AskedWritable
	switch {
	case a.Hung:
		f.Trouble = "no answer"
		s.addProblem(fault.New(fault.Timeout, "asking how full %s is: no answer in %s from %s",
			m.Mountpoint, r.config.StatfsTimeout, f.Source).
			WithHint("is the server of this %s mount reachable? Unmount it with umount -l if it is gone for good", m.Type))
	case errors.Is(a.Err, fs.ErrNotExist):
		return // unmounted a moment ago, or out of reach from here
	case errors.Is(a.Err, fs.ErrPermission):
		s.addProblem(fault.As(fault.Permission, a.Err, "asking how full %s is", m.Mountpoint).
			WithHint("leave it out with mount_exclude, or give Unity the right to enter it"))
		return
	case errors.Is(a.Err, syscall.ESTALE):
		f.Trouble = "stale file handle"
		s.addProblem(fault.New(fault.Unreachable, "asking how full %s is: stale file handle of %s", m.Mountpoint, f.Source).
			WithHint("the server knows this export no more; unmount it and mount it again"))
	case a.Err != nil:
		f.Trouble = cause(a.Err)
		s.addProblem(fault.As(fault.Partial, a.Err, "asking how full %s is", m.Mountpoint))
	case a.Usage.SizeBytes == 0:
		return // holds no data; df leaves these out, too
	default:
		f.Usage = &a.Usage
	}
	if strings.HasPrefix(m.Type, "ext") {
		r.readErrors(&f, m)
	}
	s.FileSystems = append(s.FileSystems, f)
}

// cause returns what went wrong without saying again to what.
func cause(err error) string {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

// source names what is mounted. /dev/root stands for a device that was named
// on the kernel's command line.
func (r *reader) source(m mount) string {
	if m.Source != "/dev/root" && m.Source != "rootfs" {
		return m.Source
	}
	if name := r.kernelName(m); name != "" {
		return "/dev/" + name
	}
	return m.Source
}

// kernelName returns the name of the block device under a mount, such as dm-0.
func (r *reader) kernelName(m mount) string {
	real, err := r.host.Files.RealPath("/sys/dev/block/" + m.Device)
	if err != nil {
		return ""
	}
	return path.Base(real)
}

// readErrors reads what an ext file system has counted since it was last
// checked.
func (r *reader) readErrors(f *fileSystem, m mount) {
	name := r.kernelName(m)
	if name == "" {
		name = path.Base(m.Source)
	}
	folder := "/sys/fs/ext4/" + name
	count, err := hostfs.Int(r.host.Files, folder+"/errors_count")
	if err != nil {
		return // another driver, or no such file before Linux 3.13
	}
	f.Errors = &count
	if count == 0 {
		return
	}
	if last, err := hostfs.Int(r.host.Files, folder+"/last_error_time"); err == nil {
		f.LastError = last
	}
}

func (r *reader) fstab() map[string][]string {
	data, err := r.host.Files.ReadFile("/etc/fstab")
	if err != nil {
		return nil // many machines have none
	}
	return parseFstab(data)
}
