package disk

import (
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// readArrays puts the software RAID arrays into the survey.
func (r *reader) readArrays(s *survey) {
	entries, err := r.host.Files.ReadDir("/sys/block")
	if err != nil {
		return // said where the devices are read
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "md") {
			continue
		}
		if a, ok := readArray(r.host.Files, entry.Name()); ok {
			s.Arrays = append(s.Arrays, a)
		}
	}
}

// readArray reads /sys/block/<name>/md. A container of arrays is none itself.
func readArray(files plugin.Files, name string) (array, bool) {
	folder := "/sys/block/" + name + "/md/"
	text := func(file string) string {
		s, err := hostfs.Text(files, folder+file)
		if err != nil {
			return ""
		}
		return strings.ToValidUTF8(s, "")
	}
	number := func(file string) *int64 {
		n, err := hostfs.Int(files, folder+file)
		if err != nil || n < 0 {
			return nil
		}
		return &n
	}
	state := text("array_state")
	a := array{Name: name, Level: text("level"), State: state, Action: text("sync_action")}
	if state == "" || a.Level == "container" {
		return array{}, false
	}
	// While an array grows this reads "4 (3)": what it will be, and what it was.
	required, _, _ := strings.Cut(text("raid_disks"), " ")
	if n, err := strconv.ParseInt(required, 10, 64); err == nil && n >= 0 {
		a.Required = n
	}
	a.Missing = number("degraded")
	a.Mismatches = number("mismatch_cnt")
	a.Members = readMembers(files, folder)
	if a.Action != "" && a.Action != "idle" {
		a.readProgress(text("sync_completed"), text("sync_speed"))
	}
	return a, true
}

// readProgress reads "1234 / 5678" in sectors, and a speed in KiB per second.
// Either says "none" or "delayed" while it does not move.
func (a *array) readProgress(completed, speed string) {
	left, known := 0.0, false
	if done, all, ok := strings.Cut(completed, "/"); ok {
		done, errDone := strconv.ParseUint(strings.TrimSpace(done), 10, 64)
		all, errAll := strconv.ParseUint(strings.TrimSpace(all), 10, 64)
		if errDone == nil && errAll == nil && all > 0 && done <= all {
			ratio := float64(done) / float64(all)
			a.CompletedRatio = &ratio
			left, known = float64(all-done)*sectorBytes, true
		}
	}
	if kib, err := strconv.ParseUint(speed, 10, 64); err == nil {
		perSecond := float64(kib) * 1024
		a.SpeedBytes = &perSecond
		if known && perSecond > 0 {
			remaining := left / perSecond
			a.RemainingSeconds = &remaining
		}
	}
}

func readMembers(files plugin.Files, folder string) []member {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil
	}
	var members []member
	for _, entry := range entries {
		device, ok := strings.CutPrefix(entry.Name(), "dev-")
		if !ok {
			continue
		}
		state, err := hostfs.Text(files, folder+entry.Name()+"/state")
		if err != nil {
			continue // taken out a moment ago
		}
		slot, _ := hostfs.Text(files, folder+entry.Name()+"/slot") // absent: not in a slot
		m := member{Device: device, State: memberState(state, slot)}
		if n, err := hostfs.Int(files, folder+entry.Name()+"/errors"); err == nil {
			m.Errors = n
		}
		members = append(members, m)
	}
	return members
}

// memberState puts the kernel's words, such as "in_sync,write_mostly", into one.
// A spare that has a slot is being filled.
func memberState(words, slot string) string {
	has := func(word string) bool { return strings.Contains(","+words+",", ","+word+",") }
	switch {
	case has("faulty"):
		return "failed"
	case has("in_sync"), has("journal"):
		return "active"
	case slot != "" && slot != "none":
		return "rebuilding"
	default:
		return "spare"
	}
}
