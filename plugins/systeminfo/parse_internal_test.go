package systeminfo

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// seed adds every recorded file of that name, and what the tests add.
func seed(f *testing.F, section string, more ...string) {
	f.Helper()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if file.Name == section || file.Name == "2 "+section {
				f.Add(file.Data)
			}
		}
	}
	for _, text := range more {
		f.Add([]byte(text))
	}
}

func finite(t *testing.T, what string, v float64) {
	t.Helper()
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		t.Errorf("%s is %v", what, v)
	}
}

func FuzzParseStat(f *testing.F) {
	seed(f, "file /proc/stat", "cpu 1 2 3\ncpu99999999 1 2 3 4", "cpu 18446744073709551615 0 0 18446744073709551615")
	f.Fuzz(func(t *testing.T, data []byte) {
		stat, err := parseStat(data)
		if err != nil {
			return
		}
		if stat.cpu.total.known <= modeIdle || stat.cpu.total.known > modeCount {
			t.Errorf("%d modes", stat.cpu.total.known)
		}
		if s, ok := sharesBetween(cpuTimes{}, stat.cpu.total); ok {
			for what, share := range map[string]float64{"usage": s.usage, "user": s.user, "steal": s.steal, "irq": s.irq} {
				finite(t, what, share)
				if share > 1 {
					t.Errorf("%s is %v", what, share)
				}
			}
		}
	})
}

func FuzzParseMeminfo(f *testing.F) {
	seed(f, "file /proc/meminfo", "MemTotal: 1 kB\nMemFree: 9 kB\nMemAvailable: 7 kB", "MemTotal: 1\nMemFree: 18446744073709551615 kB")
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMeminfo(data)
		if err != nil {
			return
		}
		m.settle()
		if m.available.bytes > m.total.bytes {
			t.Errorf("%d of %d bytes are available", m.available.bytes, m.total.bytes)
		}
	})
}

func FuzzParseLine(f *testing.F) {
	seed(f, "file /proc/loadavg", "NaN 1 2", "1e400 0 0", "0x10 1 2", "")
	seed(f, "file /proc/uptime")
	f.Fuzz(func(t *testing.T, data []byte) {
		if load, err := parseLoad(data); err == nil {
			for _, v := range load {
				finite(t, "load", v)
			}
		}
		if seconds, err := parseUptime(data); err == nil {
			finite(t, "uptime", seconds)
		}
	})
}

func FuzzParsePressure(f *testing.F) {
	seed(f, "file /proc/pressure/memory", "some avg60=Inf total=1", "full avg60=-1 total=-1")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, s := range parsePressure(data) {
			finite(t, "share", s.share)
			finite(t, "total", s.total)
		}
	})
}

func FuzzReclaimableARC(f *testing.F) {
	seed(f, "file /proc/spl/kstat/zfs/arcstats", "size 4 1\nc_min 4 2")
	f.Fuzz(func(_ *testing.T, data []byte) { reclaimableARC(data) })
}

func FuzzParseCPUInfo(f *testing.F) {
	seed(f, "file /proc/cpuinfo", "cpu MHz : NaN", "core id : 1\ncore id : 2")
	f.Fuzz(func(t *testing.T, data []byte) {
		facts := parseCPUInfo(data)
		finite(t, "clock", facts.mhz)
	})
}

func FuzzParseAssignments(f *testing.F) {
	seed(f, "file /etc/os-release", `A="x\"y\`, `B='`, `=`)
	seed(f, "file /run/systemd/sessions/4")
	f.Fuzz(func(_ *testing.T, data []byte) {
		family(parseAssignments(data))
		parseSession(data)
	})
}

func FuzzParseUTMP(f *testing.F) {
	f.Add(record(utmpRecord, "ada", "pts/0", "nas", 1_772_010_000))
	f.Add(record(utmpRecordLong, "ada", "pts/0", "", 1_772_010_000))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := len(parseUTMP(data)); n > maxSessions {
			t.Errorf("%d sessions", n)
		}
	})
}

func FuzzParsePackages(f *testing.F) {
	for _, section := range []string{
		"exec apt-get -s -qq -o Debug::NoLocking=true dist-upgrade", "exec dnf -q -C check-update exit=100",
		"exec apk version -l <", "exec pacman -Qu",
	} {
		seed(f, section)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range []pending{
			parseAPT(string(data)), parseDNF(string(data), string(data)), parseAPK(string(data)), parsePacman(string(data)),
		} {
			if p.Security > p.All || len(p.Packages) > maxPackages {
				t.Errorf("%d of %d are for security, %d named", p.Security, p.All, len(p.Packages))
			}
		}
	})
}

// record is one of /run/utmp, written from its documented layout.
func record(size int, name, tty, from string, seconds int64) []byte {
	data := make([]byte, size)
	binary.LittleEndian.PutUint16(data, utmpUser)
	copy(data[8:40], tty)
	copy(data[44:76], name)
	copy(data[76:332], from)
	if size == utmpRecordLong {
		binary.LittleEndian.PutUint64(data[344:], uint64(seconds))
		copy(data[360:], []byte{192, 168, 1, 7})
		return data
	}
	binary.LittleEndian.PutUint32(data[340:], uint32(seconds))
	copy(data[348:], []byte{192, 168, 1, 7})
	return data
}

func TestLoginsAreReadFromBothLayoutsOfUTMP(t *testing.T) {
	t.Parallel()
	since := time.Unix(1_772_010_000, 0).UTC()
	for _, size := range []int{utmpRecord, utmpRecordLong} {
		boot := record(size, "reboot", "~", "6.1.0", 1_772_000_000)
		binary.LittleEndian.PutUint16(boot, 2) // the start of the machine is a record too
		data := bytes.Join([][]byte{
			boot, record(size, "ada", "pts/0", "", since.Unix()), record(size, "bob", "tty1", "desk", since.Unix()),
		}, nil)
		want := []session{
			{Name: "ada", TTY: "pts/0", From: "192.168.1.7", Since: &since},
			{Name: "bob", TTY: "tty1", From: "desk", Since: &since},
		}
		if diff := cmp.Diff(want, parseUTMP(data)); diff != "" {
			t.Errorf("records of %d bytes: %s", size, diff)
		}
	}
}

func TestHypervisorsAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ vendor, product, want string }{
		{"QEMU", "Standard PC (i440FX + PIIX, 1996)", "qemu"},
		{"VMware, Inc.", "VMware20,1", "vmware"},
		{"innotek GmbH", "VirtualBox", "virtualbox"},
		{"Microsoft Corporation", "Virtual Machine", "hyper-v"},
		{"Microsoft Corporation", "Surface Pro", ""},
		{"Amazon EC2", "t3.micro", "amazon"},
		{"Dell Inc.", "OptiPlex 7050", ""},
	} {
		if got := hypervisorOf(c.vendor, c.product); got != c.want {
			t.Errorf("%s %s is %q, not %q", c.vendor, c.product, got, c.want)
		}
	}
}

func TestASumGoesOnWhenAnInterfaceIsTakenAway(t *testing.T) {
	t.Parallel()
	var sum total
	for i, step := range []struct {
		now  map[string]float64
		want float64
	}{
		{map[string]float64{"a": 100, "b": 50}, 150},
		{map[string]float64{"a": 110, "b": 60}, 170},
		{map[string]float64{"a": 120}, 180},
		{map[string]float64{"a": 120, "b": 5}, 185},
		{map[string]float64{"a": 3, "b": 5}, 188},
	} {
		if got := sum.add(step.now); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}
