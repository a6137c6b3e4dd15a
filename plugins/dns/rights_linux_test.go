package dns_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
	"github.com/unity-homelab/unity/test/servers"
)

// nobody is a user of the system without rights, and the group of the same name.
const nobody = 65534

// asNobody dials with the rights of that user.
func asNobody(ctx context.Context, network, address string) (net.Conn, error) {
	runtime.LockOSThread() // the rights are those of the thread
	defer runtime.UnlockOSThread()
	if err := errors.Join(unix.Setfsgid(nobody), unix.Setfsuid(nobody)); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	return conn, errors.Join(err, unix.Setfsuid(0), unix.Setfsgid(0))
}

func TestTheGroupOfTheSocketIsEnough(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root to give up its rights")
	}
	s := servers.Start(t, servers.Unbound(), unboundLines()...)
	socket := filepath.Join(s.Folder(), "control.sock")
	host := plugintest.LiveHost(t, dns.Plugin())
	host.Dial = asNobody
	c := plugintest.Open(t, dns.Plugin(), unboundSettings(t, s).JSON(t), host)
	share := func(gid int) {
		t.Helper()
		if err := errors.Join(os.Chmod(s.Folder(), 0o755), os.Chown(socket, 0, gid), os.Chmod(socket, 0o660)); err != nil { //nolint:gosec // another user enters it
			t.Fatal(err)
		}
	}
	refused := func() {
		t.Helper()
		_, err := plugintest.Attempt(t, dns.Plugin(), c, time.Minute)
		plugintest.WantFault(t, err, fault.Permission, "permission denied", "usermod -aG unbound unity")
	}
	plugintest.InReadme(t, "usermod -aG unbound unity")
	share(0)
	refused()
	share(nobody)
	if got := values(t, c); len(got) < 20 {
		t.Errorf("only %d samples", len(got))
	}
	share(0)
	refused()
}
