package disk_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/disk"
)

// deadMount mounts a FUSE file system that greets the kernel and then never
// answers again, as a network file system does whose server is gone. The
// function returned ends it.
func deadMount(t *testing.T) (mountpoint string, end func()) {
	t.Helper()
	device, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		plugintest.Skip(t, "/dev/fuse cannot be opened: %v", err)
	}
	mountpoint = t.TempDir()
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", device)
	if err := unix.Mount("nas.lan:/dead", mountpoint, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		_ = unix.Close(device)
		plugintest.Skip(t, "FUSE cannot be mounted: %v", err)
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		// The kernel lets go of whoever waits once nobody holds the device.
		_ = unix.Close(device)
		_ = unix.Unmount(mountpoint, unix.MNT_DETACH)
	}
	t.Cleanup(end)
	greet(t, device)
	return mountpoint, end
}

// greet answers the first request, which is FUSE_INIT.
func greet(t *testing.T, device int) {
	t.Helper()
	request := make([]byte, 1<<17)
	n, err := unix.Read(device, request)
	if err != nil || n < 56 {
		t.Fatalf("reading the kernel's greeting: %d bytes, %v", n, err)
	}
	const head, body = 16, 64
	answer := make([]byte, head+body)
	binary.NativeEndian.PutUint32(answer[0:], head+body)
	copy(answer[8:16], request[8:16])                // the request's number
	copy(answer[head:head+8], request[40:48])        // the kernel's version
	binary.NativeEndian.PutUint32(answer[36:], 4096) // largest write
	if _, err := unix.Write(device, answer); err != nil {
		t.Fatalf("answering the kernel's greeting: %v", err)
	}
}

func TestAFileSystemThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		plugintest.Skip(t, "mounting needs root")
	}
	mountpoint, end := deadMount(t)
	config := fmt.Sprintf(`{"mount_include": ["/", %q], "exclude_types": ["proc"], "statfs_timeout": "1s"}`, mountpoint)
	collector := plugintest.Live(t, disk.Plugin(), config)
	labels := fmt.Sprintf(`{device="nas.lan:/dead",fstype="fuse",mountpoint=%q}`, mountpoint)

	for round := range 3 {
		start := time.Now()
		batch := plugintest.Collect(t, disk.Plugin(), collector)
		took := time.Since(start)
		values := plugintest.Values(batch)
		if responsive, there := values["filesystem_responsive"+labels]; !there || responsive != 0 {
			t.Fatalf("round %d: the dead mount is not reported: %v, %v", round, values, batch.Problems())
		}
		if _, there := values["filesystem_size_bytes"+labels]; there {
			t.Errorf("round %d: the dead mount has a size", round)
		}
		if others := countPrefix(values, "filesystem_size_bytes"); others == 0 {
			t.Errorf("round %d: the other file systems are not measured", round)
		}
		timeouts := 0
		for _, problem := range batch.Problems() {
			if fault.Of(problem) == fault.Timeout && strings.Contains(problem.Error(), "nas.lan:/dead") {
				timeouts++
			}
		}
		if timeouts != 1 {
			t.Errorf("round %d: problems are %v", round, batch.Problems())
		}
		t.Logf("round %d took %v", round, took)
	}

	end()
	batch := plugintest.Collect(t, disk.Plugin(), collector)
	if problems := batch.Problems(); len(problems) != 0 {
		t.Errorf("after the mount was taken away: %v", problems)
	}
	if _, there := plugintest.Values(batch)["filesystem_responsive"+labels]; there {
		t.Error("the mount that was taken away is still reported")
	}
}

func countPrefix(values map[string]float64, prefix string) int {
	n := 0
	for name := range values {
		if strings.HasPrefix(name, prefix+"{") {
			n++
		}
	}
	return n
}
