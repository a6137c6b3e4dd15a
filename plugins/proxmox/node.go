package proxmox

import (
	"github.com/unity-homelab/unity/plugin/lenient"
)

// nodeStatus is how a node is.
type nodeStatus struct {
	CPU     lenient.Number   `json:"cpu"`
	Wait    lenient.Number   `json:"wait"`
	Uptime  lenient.Number   `json:"uptime"`
	Load    []lenient.Number `json:"loadavg"`
	Memory  space            `json:"memory"`
	Swap    space            `json:"swap"`
	Root    space            `json:"rootfs"`
	Kernel  lenient.Text     `json:"kversion"`
	Version lenient.Text     `json:"pveversion"`
	KSM     struct {
		Shared lenient.Number `json:"shared"`
	} `json:"ksm"`
	CPUs struct {
		Count lenient.Number `json:"cpus"`
	} `json:"cpuinfo"`
}

// space is a memory or a file system.
type space struct {
	Used  lenient.Number `json:"used"`
	Total lenient.Number `json:"total"`
}

// nodeStorage is a storage as a node uses it.
type nodeStorage struct {
	Name    string       `json:"storage"`
	Type    string       `json:"type"`
	Active  lenient.Flag `json:"active"`
	Enabled lenient.Flag `json:"enabled"`
}

// disk is a disk of a node.
type disk struct {
	Node   string         `json:"-"`
	Path   string         `json:"devpath"`
	Model  lenient.Text   `json:"model"`
	Serial lenient.Text   `json:"serial"`
	Type   lenient.Text   `json:"type"`
	Size   lenient.Number `json:"size"`
	Health lenient.Text   `json:"health"`
	// Wear is what remains, in percent; it is N/A where the disk does not say.
	Wear lenient.Number `json:"wearout"`
	Used lenient.Text   `json:"used"`
}

// ok reports whether the disk calls itself well, where it says so.
func (d disk) ok() (well, known bool) {
	switch d.Health {
	case "PASSED", "OK":
		return true, true
	case "FAILED", "FAILED!", "FAILING_NOW":
		return false, true
	default:
		return false, false
	}
}

// remaining is how much of the disk is left before it is worn.
func (d disk) remaining() *float64 {
	percent, known := d.Wear.Get()
	if !known || percent < 0 || percent > 100 {
		return nil
	}
	ratio := percent / 100
	return &ratio
}

// pool is a ZFS pool of a node.
type pool struct {
	Node          string         `json:"-"`
	Name          string         `json:"name"`
	Health        lenient.Text   `json:"health"`
	Size          lenient.Number `json:"size"`
	Allocated     lenient.Number `json:"alloc"`
	Fragmentation lenient.Number `json:"frag"`
}

// certificate is one that a node shows.
type certificate struct {
	Node    string         `json:"-"`
	File    string         `json:"filename"`
	Ends    lenient.Number `json:"notafter"`
	Subject lenient.Text   `json:"subject"`
	Issuer  lenient.Text   `json:"issuer"`
}

// service is a program of a node.
type service struct {
	Node  string       `json:"-"`
	Name  string       `json:"service"`
	State string       `json:"state"`
	Unit  lenient.Text `json:"unit-state"`
}

// services are those without which a node is not well; the last is of clusters.
func services() []string {
	return []string{"pveproxy", "pvedaemon", "pvestatd", "pvescheduler", "pve-cluster", "qmeventd", "corosync"}
}
