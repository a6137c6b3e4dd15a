package process

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// procfs reads processes from /proc.
type procfs struct {
	plugin.Files
	page   uint64
	buffer []byte
	now    func() time.Time

	// of the machine, which changes rarely
	fixed     machine
	fixedAt   time.Time
	sizeCount bool // the size of /proc/PID/fd says how many files are open

	users   map[string]string
	usersAt time.Time
}

func newSource(host plugin.Host) source {
	const statBytes = 8192
	return &procfs{Files: host.Files, page: uint64(os.Getpagesize()), buffer: make([]byte, statBytes), now: host.Now}
}

// fixedAge is how long figures are believed that change with the hardware only,
// and usersAge how often users are looked for at most.
const (
	fixedAge = 10 * time.Minute
	usersAge = time.Minute
)

func (s *procfs) scan(ctx context.Context, each func(reading)) (machine, error) {
	if now := s.now(); s.fixedAt.IsZero() || now.Sub(s.fixedAt) >= fixedAge || now.Before(s.fixedAt) {
		s.readFixed()
		s.fixedAt = now
	}
	whole := s.fixed
	uptime, err := s.ReadFile("/proc/uptime")
	if err != nil {
		return whole, s.notProc(err)
	}
	whole.uptime = parseUptime(uptime)
	entries, err := s.ReadDir("/proc")
	if err != nil {
		return whole, s.notProc(err)
	}
	sawFirst, refused := false, false
	for i, entry := range entries {
		const often = 64
		if i%often == 0 && ctx.Err() != nil {
			return whole, ctx.Err()
		}
		name := entry.Name()
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		data, err := s.read("/proc/" + name + "/stat")
		if err != nil {
			refused = refused || fault.Of(err) == fault.Permission
			continue // it has ended since the folder was listed
		}
		if r, ok := parseStat(data, s.page); ok {
			sawFirst = sawFirst || r.pid == 1
			each(r)
		}
	}
	whole.hidden = !sawFirst || refused
	if load, err := s.ReadFile("/proc/loadavg"); err == nil {
		whole.tasks = parseTasks(load)
	}
	return whole, nil
}

// notProc says what is missing when /proc is.
func (s *procfs) notProc(err error) error {
	wrapped := fault.As(fault.Of(err), err, "reading the host's processes")
	if fault.Of(err) != fault.NotFound {
		return wrapped
	}
	return wrapped.WithHint("no processes at %s; is the host's /proc mounted where HOST_PROC or HOST_ROOT say?", s.Path("/proc"))
}

// read reads a file that the kernel gives in one piece into the common buffer.
// What it returns is good until the next call.
func (s *procfs) read(name string) ([]byte, error) {
	file, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	n, err := file.Read(s.buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return s.buffer[:n], nil
}

func (s *procfs) readFixed() {
	s.fixed = machine{}
	if data, err := s.ReadFile("/proc/stat"); err == nil {
		s.fixed.processors, s.fixed.started = parseMachine(data)
	}
	if data, err := s.ReadFile("/proc/meminfo"); err == nil {
		if kib, ok := fieldNumber(data, "MemTotal"); ok {
			s.fixed.memory = kib * 1024
		}
	}
	for _, name := range []string{"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"} {
		data, err := s.ReadFile(name)
		if err != nil {
			continue
		}
		if n, ok := digits(bytes.TrimSpace(data)); ok && n > 0 && n < 1<<40 && (s.fixed.maxTasks == 0 || int(n) < s.fixed.maxTasks) {
			s.fixed.maxTasks = int(n)
		}
	}
	s.sizeCount = s.Live() && sizeCounts(s.Files)
}

// sizeCounts finds out whether the kernel (6.2 and newer) gives the number of
// open files as the size of the folder that lists them.
func sizeCounts(files plugin.Files) bool {
	info, err := files.Stat("/proc/self/fd")
	return err == nil && info.Size() > 0
}

// gone gives what the kernel says of a process that has ended its kind.
func gone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return fault.As(fault.NotFound, err, "reading a process")
	}
	return err
}

func (s *procfs) file(pid int, name string) ([]byte, error) {
	data, err := s.read("/proc/" + strconv.Itoa(pid) + "/" + name)
	return data, gone(err)
}

func (s *procfs) status(pid int) (user string, resident, swap uint64, err error) {
	data, err := s.file(pid, "status")
	if err != nil {
		return "", 0, 0, err
	}
	resident, _ = fieldNumber(data, "VmRSS") // threads of the kernel have neither
	swap, _ = fieldNumber(data, "VmSwap")
	if number, ok := effectiveUser(data); ok {
		user = s.userName(number)
	}
	return user, resident * 1024, swap * 1024, nil
}

// userName looks a user up in the machine's own list. Who is not in it, as those
// of a directory service, keeps the number.
func (s *procfs) userName(number string) string {
	name, known := s.users[number]
	if now := s.now(); !known && (s.users == nil || now.Sub(s.usersAt) >= usersAge) {
		s.usersAt, s.users = now, map[string]string{}
		if data, err := s.ReadFile("/etc/passwd"); err == nil {
			s.users = parsePasswd(data)
		}
		name, known = s.users[number]
	}
	if !known {
		return number
	}
	return name
}

func (s *procfs) exe(pid int) (string, error) {
	exe, err := s.ReadLink("/proc/" + strconv.Itoa(pid) + "/exe")
	return exe, gone(err)
}

func (s *procfs) args(pid int) ([]string, error) {
	data, err := s.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline") // may be long
	if err != nil {
		return nil, gone(err)
	}
	const most = 32 << 10
	return splitArgs(data[:min(len(data), most)]), nil
}

func (s *procfs) place(pid int) (unit, container string, err error) {
	data, err := s.file(pid, "cgroup")
	if err != nil {
		return "", "", err
	}
	unit, container = placeOf(data)
	return unit, container, nil
}

func (s *procfs) traffic(pid int) (read, written uint64, err error) {
	data, err := s.file(pid, "io")
	if err != nil {
		return 0, 0, err
	}
	read, okRead := fieldNumber(data, "read_bytes")
	written, okWritten := fieldNumber(data, "write_bytes")
	if !okRead || !okWritten {
		return 0, 0, fault.New(fault.BadAnswer, "reading the traffic of process %d: no read_bytes and write_bytes", pid)
	}
	return read, written, nil
}

func (s *procfs) files(pid int) (int, error) {
	folder := "/proc/" + strconv.Itoa(pid) + "/fd"
	if s.sizeCount {
		info, err := s.Stat(folder)
		if err != nil {
			return 0, gone(err)
		}
		return int(info.Size()), nil
	}
	entries, err := s.ReadDir(folder)
	return len(entries), gone(err)
}

func (s *procfs) filesAllowed(pid int) (float64, error) {
	limits, err := s.file(pid, "limits")
	if err != nil {
		return 0, err
	}
	return softFileLimit(limits), nil
}

func (s *procfs) proportional(pid int) (uint64, error) {
	data, err := s.file(pid, "smaps_rollup")
	if err != nil {
		return 0, err
	}
	kib, ok := fieldNumber(data, "Pss")
	if !ok {
		return 0, fault.New(fault.BadAnswer, "reading the memory of process %d: no line Pss", pid)
	}
	return kib * 1024, nil
}
