//go:build linux

package disk

import (
	"strings"
	"testing"
)

func FuzzParseMounts(f *testing.F) {
	f.Add("28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg0-root rw,errors=remount-ro\n")
	f.Add("110 28 8:17 / /media/My\\040Photos\\134old rw shared:60 master:2 - ext4 /dev/sdc1 rw\n")
	f.Add("1 1 0:2 / / rw - rootfs  rw\n20 1 0:3 / / ro - x y\n")
	f.Add("5 6 0:1 / /a rw - t s o\n6 5 0:2 / /a rw - t s o\n")
	f.Fuzz(func(t *testing.T, text string) {
		mounts := parseMounts([]byte(text))
		seen := visible(mounts)
		if len(seen) > len(mounts) {
			t.Fatalf("%d mounts visible of %d", len(seen), len(mounts))
		}
		kept := 0
		for _, group := range fileSystems(seen) {
			if len(group) == 0 {
				t.Fatal("a file system without a mount")
			}
			kept += len(group)
		}
		if kept > len(seen) || len(seen) > 0 && kept == 0 {
			t.Fatalf("%d mounts in groups, of %d", kept, len(seen))
		}
		for _, m := range mounts {
			if !strings.HasPrefix(m.Mountpoint, "/") {
				t.Fatalf("mounted at %q", m.Mountpoint)
			}
		}
	})
}

func FuzzParseDiskstats(f *testing.F) {
	f.Add("   8       0 sda 5000 100 4000000 60000 2000 300 3200000 90000 0 70000 150000 0 0 0 0 120 4000\n")
	f.Add("   8      32 sdc 20 0 160 9 0 0 0 0 0 9 9\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range parseDiskstats([]byte(text)) {
			if c.Name == "" || c.ReadSeconds < 0 || c.CountsFlushes && !c.CountsDiscards {
				t.Fatalf("%q gives %+v", text, c)
			}
		}
	})
}

func FuzzParseFstab(f *testing.F) {
	f.Add("# comment\nUUID=1 / ext4 defaults,ro 0 1\nLABEL=x /my\\040disk xfs noatime\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, options := range parseFstab([]byte(text)) {
			if name == "" || len(options) == 0 {
				t.Fatalf("%q gives %q: %q", text, name, options)
			}
		}
	})
}

func FuzzParseLVM(f *testing.F) {
	f.Add(`{"report":[{"lv":[{"vg_name":"pve","lv_name":"data","lv_attr":"twi-aotz--","lv_size":"1","data_percent":"91.25","metadata_percent":""}]}]}`,
		`{"report":[{"vg":[{"vg_name":"pve","vg_size":"499558383616","vg_free":"17175674880"}]}]}`)
	f.Fuzz(func(t *testing.T, lvs, vgs string) {
		found, err := parseLVM([]byte(lvs), []byte(vgs))
		if err != nil {
			return
		}
		for _, p := range found.Pools {
			if p.DataRatio != nil && !(*p.DataRatio >= 0 && *p.DataRatio <= 1) {
				t.Fatalf("a pool used to %v", *p.DataRatio)
			}
		}
	})
}

func FuzzReadProgress(f *testing.F) {
	f.Add("1953443584 / 3906887168", "100000")
	f.Add("delayed", "none")
	f.Fuzz(func(t *testing.T, completed, speed string) {
		var a array
		a.readProgress(completed, speed)
		if a.CompletedRatio != nil && !(*a.CompletedRatio >= 0 && *a.CompletedRatio <= 1) {
			t.Fatalf("%q is done to %v", completed, *a.CompletedRatio)
		}
		if a.RemainingSeconds != nil && *a.RemainingSeconds < 0 {
			t.Fatalf("%q at %q ends in %v s", completed, speed, *a.RemainingSeconds)
		}
	})
}
