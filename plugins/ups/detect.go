package ups

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds one question: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks the usual ports of this machine, and looks for a UPS that nobody
// looks after.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	settings := defaults()
	settings.Timeout = plugin.Duration(detectTimeout)
	if finding, ok := detectNUT(ctx, settings, host); ok {
		findings = append(findings, finding)
	}
	if finding, ok := detectApcupsd(ctx, settings, host); ok {
		if len(findings) > 0 {
			finding.Name = kindApcupsd
		}
		findings = append(findings, finding)
	}
	if len(findings) == 0 {
		findings = append(findings, detectWithout(host)...)
	}
	return findings, ctx.Err()
}

func detectNUT(ctx context.Context, settings config, host plugin.Host) (plugin.Finding, bool) {
	client, err := newNUT(settings, host)
	if err != nil {
		return plugin.Finding{}, false
	}
	defer client.disconnect()
	rows, err := client.list(ctx, "UPS")
	said := (*refusal)(nil)
	finding := plugin.Finding{Config: map[string]any{"type": kindNUT}}
	switch {
	case err == nil && len(rows) > 0:
		finding.Evidence, finding.Ready = "NUT at "+client.where()+" has "+strconv.Itoa(len(rows))+" UPS", true
	case err == nil:
		finding.Evidence, finding.Missing = "NUT answers at "+client.where()+" and has no UPS", "a UPS in /etc/nut/ups.conf"
	case errors.As(err, &said):
		finding.Evidence, finding.Missing = "NUT answers at "+client.where()+": "+said.code, "a user of upsd.users, and the password"
	default:
		return finding, false
	}
	return finding, true
}

func detectApcupsd(ctx context.Context, settings config, host plugin.Host) (plugin.Finding, bool) {
	client := newApcupsd(settings, host)
	defer client.disconnect()
	if _, err := client.read(ctx); err != nil {
		return plugin.Finding{}, false
	}
	return plugin.Finding{
		Evidence: "apcupsd answers at " + client.where(), Ready: true, Config: map[string]any{"type": kindApcupsd},
	}, true
}

// Where daemons and the kernel leave their traces.
const (
	nutConfig     = "/etc/nut/ups.conf"
	apcupsdConfig = "/etc/apcupsd/apcupsd.conf"
	usbDevices    = "/sys/bus/usb/devices"
)

// detectWithout finds a UPS whose daemon does not answer.
func detectWithout(host plugin.Host) []plugin.Finding {
	if raw, err := host.Files.ReadFile(nutConfig); err == nil && strings.Contains(string(raw), "\n[") {
		return []plugin.Finding{{
			Evidence: nutConfig + " has a UPS, and upsd does not answer", Missing: "start it: systemctl enable --now nut-server",
			Config: map[string]any{"type": kindNUT},
		}}
	}
	if _, err := host.Files.Stat(apcupsdConfig); err == nil {
		return []plugin.Finding{{
			Evidence: apcupsdConfig + " is there, and apcupsd does not answer", Missing: "start it, with NETSERVER on in that file",
			Config: map[string]any{"type": kindApcupsd},
		}}
	}
	entries, err := host.Files.ReadDir(usbDevices)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		raw, err := host.Files.ReadFile(usbDevices + "/" + entry.Name() + "/idVendor")
		if maker := makerOf(strings.TrimSpace(string(raw))); err == nil && maker != "" {
			return []plugin.Finding{{
				Evidence: "a USB device of " + maker + ", which makes UPS", Config: map[string]any{"type": kindNUT},
				Missing: "a daemon that talks to it: install nut-server, and let nut-scanner write /etc/nut/ups.conf",
			}}
		}
	}
	return nil
}

// makerOf returns who has the USB vendor ID, of those that make little else.
func makerOf(vendor string) string {
	switch vendor {
	case "051d":
		return "APC"
	case "0463":
		return "Eaton or MGE"
	case "0764":
		return "CyberPower"
	case "09ae":
		return "Tripp Lite"
	default:
		return ""
	}
}
