package systeminfo

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// lookAgain is how often the parts look for devices that came or went.
const lookAgain = 10 * time.Minute

// hardwarePart reads what the machine's sensors in /sys count.
type hardwarePart struct {
	files  plugin.Files
	looked time.Time

	frequencies []string // files
	throttles   []string // files, each counting the events of one core or package
	controllers []string // memory controllers
	zones       []*energyZone
}

// energyZone counts the energy of one RAPL zone on past the point where its own
// counter starts again.
type energyZone struct {
	name, file string
	wrap       uint64
	last       uint64
	base       float64 // joules of the rounds that are over
	known      bool
}

func (p *hardwarePart) collect(_ context.Context, r *run) error {
	if p.looked.IsZero() || r.now.Sub(p.looked) >= lookAgain {
		p.look()
		p.looked = r.now
	}
	p.frequency(r)
	p.throttling(r)
	p.memoryErrors(r)
	p.energy(r)
	p.supplies(r)
	return nil
}

func (p *hardwarePart) look() {
	p.frequencies, p.throttles, p.controllers = nil, nil, nil
	seen := make(map[string]bool)
	for _, cpu := range list(p.files, "/sys/devices/system/cpu", "cpu") {
		if file := cpu + "/cpufreq/scaling_cur_freq"; there(p.files, file) {
			p.frequencies = append(p.frequencies, file)
		}
		socket := text(p.files, cpu+"/topology/physical_package_id")
		place := socket + "/" + text(p.files, cpu+"/topology/core_id")
		for _, counter := range []struct{ file, of string }{
			{cpu + "/thermal_throttle/core_throttle_count", "core " + place},
			{cpu + "/thermal_throttle/package_throttle_count", "package " + socket},
		} {
			if !seen[counter.of] && there(p.files, counter.file) {
				seen[counter.of] = true
				p.throttles = append(p.throttles, counter.file)
			}
		}
	}
	p.controllers = list(p.files, "/sys/devices/system/edac/mc", "mc")
	p.lookForZones()
}

func (p *hardwarePart) lookForZones() {
	known := make(map[string]*energyZone)
	for _, zone := range p.zones {
		known[zone.file] = zone
	}
	p.zones = nil
	const folder = "/sys/class/powercap"
	for _, dir := range list(p.files, folder, "intel-rapl:") {
		name := text(p.files, dir+"/name")
		wrap, _ := count(p.files, dir+"/max_energy_range_uj")
		if name == "" {
			continue
		}
		// intel-rapl:0:1 is a part of intel-rapl:0.
		if id := path.Base(dir); strings.Count(id, ":") == 2 {
			if parent := text(p.files, folder+"/"+id[:strings.LastIndexByte(id, ':')]+"/name"); parent != "" {
				name = parent + "-" + name
			}
		}
		zone := known[dir+"/energy_uj"]
		if zone == nil {
			zone = &energyZone{name: name, file: dir + "/energy_uj", wrap: uint64(wrap)}
		}
		p.zones = append(p.zones, zone)
	}
}

func (p *hardwarePart) frequency(r *run) {
	sum, n := 0.0, 0.0
	for _, file := range p.frequencies {
		if kilohertz, ok := count(p.files, file); ok && kilohertz > 0 {
			sum += kilohertz * 1000
			n++
		}
	}
	if n > 0 {
		mean := round(sum/n, 0)
		r.out.Add("system_cpu_frequency_hertz", mean)
		r.doc.CPU.MHz = round(mean/1e6, 0)
	}
}

func (p *hardwarePart) throttling(r *run) {
	sum, known := 0.0, false
	for _, file := range p.throttles {
		if n, ok := count(p.files, file); ok {
			sum, known = sum+n, true
		}
	}
	if known {
		r.out.Add("system_cpu_throttles_total", sum)
	}
}

func (p *hardwarePart) memoryErrors(r *run) {
	for _, kind := range []struct{ file, label string }{{"ce_count", "correctable"}, {"ue_count", "uncorrectable"}} {
		sum, known := 0.0, false
		for _, controller := range p.controllers {
			if n, ok := count(p.files, controller+"/"+kind.file); ok {
				sum, known = sum+n, true
			}
		}
		if known {
			r.out.Add("system_edac_errors_total", sum, "type", kind.label)
		}
	}
}

func (p *hardwarePart) energy(r *run) {
	taken := make(map[string]bool)
	for _, zone := range p.zones {
		data, err := p.files.ReadFile(zone.file)
		if errors.Is(err, fs.ErrPermission) {
			return // root only, and then all of them
		}
		micros, ok := number(bytes.TrimSpace(data))
		if err != nil || !ok || taken[zone.name] {
			continue
		}
		taken[zone.name] = true
		if zone.known && micros < zone.last {
			zone.base += float64(max(zone.wrap, zone.last)) / 1e6
		}
		zone.last, zone.known = micros, true
		r.out.Add("system_energy_joules_total", round(zone.base+float64(micros)/1e6, 3), "zone", zone.name)
	}
}

// supplies reads batteries and mains. What hangs on a mouse has the scope
// Device and says nothing about the machine.
func (p *hardwarePart) supplies(r *run) {
	for _, dir := range list(p.files, "/sys/class/power_supply", "") {
		kind := text(p.files, dir+"/type")
		if kind == "" || text(p.files, dir+"/scope") == "Device" {
			continue
		}
		s := supply{Name: path.Base(dir), Kind: kind, Status: strings.ToLower(text(p.files, dir+"/status"))}
		if percent, ok := count(p.files, dir+"/capacity"); ok && kind == "Battery" && percent <= 100 {
			charge := round(percent/100, 2)
			s.Charge = &charge
			r.out.Add("system_battery_charge_ratio", charge, "supply", s.Name)
		}
		if n, ok := count(p.files, dir+"/online"); ok && kind != "Battery" {
			online := n > 0
			s.Online = &online
			r.out.AddBool("system_ac_online", online, "supply", s.Name)
		}
		r.doc.Supplies = append(r.doc.Supplies, s)
	}
}

// list returns the folders of a folder whose names are the prefix and a number,
// or with an empty prefix all of them.
func list(files plugin.Files, folder, prefix string) []string {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		rest, ok := strings.CutPrefix(entry.Name(), prefix)
		if ok && (prefix == "" || (rest != "" && rest[0] >= '0' && rest[0] <= '9')) {
			found = append(found, folder+"/"+entry.Name())
		}
	}
	return found
}
