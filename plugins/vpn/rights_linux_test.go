package vpn_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpn"
)

// readable makes a folder that all may read, also while a device is made, which
// changes what the whole process makes.
func readable(t *testing.T, folder string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.Chmod(folder, 0o755)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTheLineForSudoIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	near, far := tunnel(t)
	dump(t, near.name) // or there is no wg
	folder := t.TempDir()
	// A device of a program stands in for one of the kernel, which wg tells alike.
	links, sockets := readable(t, filepath.Join(folder, "links")), readable(t, filepath.Join(folder, "sockets"))
	link, socket := readable(t, filepath.Join(links, near.name)), filepath.Join(sockets, near.name+".sock")
	uevent := filepath.Join(link, "uevent")
	if err := errors.Join(os.WriteFile(uevent, []byte("DEVTYPE=wireguard\n"), 0o644), os.Chmod(uevent, 0o644), unix.Mknod(socket, unix.S_IFSOCK|0o600, 0)); err != nil {
		t.Fatal(err)
	}
	alone := func() { // with this device: others of these tests come and go
		const place = "/var/run/wireguard"
		err := unix.Mount(filepath.Join(place, near.name+".sock"), socket, "", unix.MS_BIND, "")
		if err == nil {
			err = unix.Mount(sockets, place, "", unix.MS_BIND|unix.MS_REC, "")
		}
		if err != nil {
			t.Error(err)
		}
	}
	place := plugintest.Sandbox{User: true, Files: map[string]string{"/sys/class/net": links}, Sudoers: plugintest.ReadmeLines(t, "unity ALL=")}
	c := open(t, settings{"use_sudo": true})
	place.Run(t, alone, func() {
		batch := plugintest.Collect(t, vpn.Plugin(), c)
		values := plugintest.Values(batch)
		key := fmt.Sprintf(`wireguard_peer_allowed_ips{device="%s",name="%s",peer="%[2]s"}`, near.name, far.key()[:8])
		if values[key] != 2 {
			t.Errorf("%s is %v in %v", key, values[key], values)
		}
		// The sockets of programs are for root only, as the README says.
		if problems := batch.Problems(); len(problems) != 1 {
			t.Errorf("problems: %v", problems)
		} else {
			plugintest.WantFault(t, problems[0], fault.Permission, near.name, "root")
		}
	})
	place.Sudoers = "unity ALL=(root) NOPASSWD: /usr/bin/wg show interfaces\n"
	place.Run(t, alone, func() {
		_, err := plugintest.Attempt(t, vpn.Plugin(), c, vpn.Plugin().Manifest().Timeout)
		plugintest.WantFault(t, err, fault.Permission, "a password is required", "allow wg in sudoers with NOPASSWD")
	})
	place.Sudoers = ""
	place.Run(t, alone, func() {
		_, err := plugintest.Attempt(t, vpn.Plugin(), open(t, settings{}), vpn.Plugin().Manifest().Timeout)
		plugintest.WantFault(t, err, fault.Permission, "", "CAP_NET_ADMIN; or let sudo run wg, see Set-up")
	})
}

func TestTheGroupOfTheManagementInterface(t *testing.T) {
	t.Parallel()
	group := strings.TrimSpace(plugintest.ReadmeLines(t, "management-client-group "))
	s := startOpenVPN(t, password, group)
	if err := os.Chmod(s.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	c := open(t, settings{"management": socketOf(s, "server"), "management_password": password})
	plugintest.Sandbox{User: true}.Run(t, nil, func() { collect(t, c) })
	// Whoever is in no such group is shown out, root as well.
	_, err := plugintest.Attempt(t, vpn.Plugin(), c, vpn.Plugin().Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Permission, "it ended the connection at once", "management-client-group")
}
