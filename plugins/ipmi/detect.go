package ipmi

import (
	"context"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// Where a controller shows itself on the machine that it looks after.
const (
	dmiMaker   = "/sys/class/dmi/id/sys_vendor"
	dmiChassis = "/sys/class/dmi/id/chassis_type"
)

// devices are the names that the kernel's driver has for a controller.
func devices() []string { return []string{"/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"} }

// detect looks for the controller of this machine.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	for _, name := range devices() {
		if _, err := host.Files.Stat(name); err != nil {
			continue
		}
		finding := plugin.Finding{Evidence: "device " + name, Config: map[string]any{"protocol": protocolLocal}}
		if _, err := host.Commands.Find(ipmitool); err != nil {
			finding.Missing = "ipmitool: apt-get install ipmitool"
			return []plugin.Finding{finding}, ctx.Err()
		}
		device, err := host.Files.Open(name)
		if err != nil {
			finding.Missing = "the right to open " + name + ", or use_sudo and a line for sudo"
			return []plugin.Finding{finding}, ctx.Err()
		}
		_ = device.Close()
		finding.Ready = true
		return []plugin.Finding{finding}, ctx.Err()
	}
	maker, err := host.Files.ReadFile(dmiMaker)
	kind, bad := host.Files.ReadFile(dmiChassis)
	if err != nil || bad != nil || !isServer(strings.TrimSpace(string(kind))) || !hasController(string(maker)) {
		return nil, ctx.Err()
	}
	return []plugin.Finding{{
		Evidence: "a server of " + tidy(string(maker)), Config: map[string]any{},
		Missing: "the address of its controller and a login, or its driver: modprobe ipmi_si ipmi_devintf",
	}}, ctx.Err()
}

// isServer reports whether a kind of chassis of SMBIOS is that of a server.
func isServer(kind string) bool {
	switch kind {
	case "17", "23", "25", "28", "29":
		return true
	default:
		return false
	}
}

// hasController reports whether the servers of a maker have a controller.
func hasController(maker string) bool {
	maker = strings.ToLower(maker)
	for _, name := range []string{"dell", "hpe", "hewlett", "supermicro", "lenovo", "fujitsu", "asrockrack", "gigabyte", "inspur", "quanta"} {
		if strings.Contains(maker, name) {
			return true
		}
	}
	return false
}
