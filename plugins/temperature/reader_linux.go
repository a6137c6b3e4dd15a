package temperature

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// chipPatience is how long one chip may take: some drivers talk to slow buses.
const chipPatience = 2 * time.Second

// reader looks at the sensors through the kernel's files.
type reader struct {
	config Config
	host   plugin.Host
	disks  disks
	busy   busyChips
}

func newReader(config Config, host plugin.Host) *reader {
	return &reader{
		config: config, host: host,
		disks: disks{files: host.Files, idleAfter: config.DiskIdleAfter.Std()},
	}
}

// look takes the survey of this moment.
func (r *reader) look(ctx context.Context) (survey, error) {
	var s survey
	if r.config.wants("hwmon") {
		r.readHwmon(ctx, &s)
	}
	if r.config.wants("thermal") {
		r.readThermal(&s)
	}
	if r.config.wants("iio") {
		r.readIIO(&s)
	}
	if r.config.wants("w1") {
		r.readOneWire(ctx, &s)
	}
	if r.config.wants("rpi") {
		r.readBoard(ctx, &s)
	}
	if ctx.Err() != nil {
		return survey{}, ctx.Err()
	}
	if s.empty() && r.config.wants("hwmon") {
		r.askSensors(ctx, &s)
	}
	if s.empty() && len(s.Problems) == 0 {
		return survey{}, fault.New(fault.NotFound, "looking for sensors: none can be read under /sys/class/hwmon").
			WithHint("load the driver of your board's chip: coretemp, k10temp, nct6775 or drivetemp; virtual machines usually have no sensors")
	}
	return s, nil
}

// evidence says which sensors there are.
func evidence(ctx context.Context, host plugin.Host) (string, bool) {
	config := defaults()
	config.Sources = []string{"hwmon", "thermal", "iio", "w1"}
	var s survey
	r := newReader(config, host)
	r.readHwmon(ctx, &s)
	r.readThermal(&s)
	r.readIIO(&s)
	r.readOneWire(ctx, &s)
	var names []string
	for _, c := range s.Chips {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return "sensors: " + strings.Join(names, ", "), len(names) > 0
}

// readHwmon reads the chips of /sys/class/hwmon, each with a limit on its time.
func (r *reader) readHwmon(ctx context.Context, s *survey) {
	const class = "/sys/class/hwmon"
	entries, err := r.host.Files.ReadDir(class)
	if err != nil {
		return // no driver is loaded
	}
	ids := make(map[string]int)
	type asked struct {
		chip  chip
		reply <-chan readReply
	}
	var all []asked
	for _, entry := range entries {
		c, folder, ok := r.identify(class + "/" + entry.Name())
		if !ok {
			continue
		}
		ids[c.ID]++
		if n := ids[c.ID]; n > 1 {
			c.ID += "-" + strconv.Itoa(n)
		}
		if c.Idle {
			s.Chips = append(s.Chips, c)
			continue
		}
		reply, free := r.busy.start(ctx, folder, hwmonChip{files: r.host.Files, folder: folder})
		if !free {
			s.addProblem(slowChip(c.ID))
			continue
		}
		all = append(all, asked{c, reply})
	}
	timer := time.NewTimer(chipPatience)
	defer timer.Stop()
	late := false
	for _, a := range all {
		if late { // take what has come by now
			select {
			case reply := <-a.reply:
				s.addChip(a.chip, reply)
			default:
				s.addProblem(slowChip(a.chip.ID))
			}
			continue
		}
		select {
		case reply := <-a.reply:
			s.addChip(a.chip, reply)
		case <-timer.C:
			late = true
			s.addProblem(slowChip(a.chip.ID))
		case <-ctx.Done():
			return
		}
	}
}

func slowChip(id string) error {
	return fault.New(fault.Timeout, "reading the sensors of %s: no answer in %s", id, chipPatience)
}

func (s *survey) addChip(c chip, reply readReply) {
	if reply.err != nil {
		return // unplugged a moment ago
	}
	c.Readings = reply.readings
	if len(c.Readings) > 0 {
		s.Chips = append(s.Chips, c)
	}
}

// identify finds out which chip this is. Old drivers keep their files one
// folder further down.
func (r *reader) identify(folder string) (chip, string, bool) {
	files := r.host.Files
	name, err := hostfs.Text(files, folder+"/name")
	if err != nil {
		folder += "/device"
		if name, err = hostfs.Text(files, folder+"/name"); err != nil {
			return chip{}, "", false
		}
	}
	name = strings.ToValidUTF8(name, "")
	device, err := files.RealPath(path.Join(strings.TrimSuffix(folder, "/device"), "device"))
	if err != nil {
		device = ""
	}
	c := chip{ID: chipID(name, device), Name: name}
	if device != "" {
		c.Device = r.disks.under(device)
	}
	if c.Device != "" && name == "drivetemp" {
		c.Idle = r.disks.idle(c.Device, r.host.Now())
	}
	return c, folder, true
}

// readBoard asks a Raspberry Pi's firmware about its supply.
func (r *reader) readBoard(ctx context.Context, s *survey) {
	text, err := hostfs.Text(r.host.Files, "/sys/devices/platform/soc/soc:firmware/get_throttled")
	if err != nil {
		if text = r.askFirmware(ctx); text == "" {
			return // no Raspberry Pi
		}
	}
	if bits, ok := parseThrottled(text); ok {
		b := newBoard(bits)
		s.Board = &b
	}
}

// askFirmware runs vcgencmd on boards whose kernel has no file for it.
func (r *reader) askFirmware(ctx context.Context) string {
	model, err := hostfs.Text(r.host.Files, "/proc/device-tree/model")
	if err != nil || !strings.HasPrefix(model, "Raspberry Pi") {
		return ""
	}
	out, err := r.host.Commands.Run(ctx, plugin.Command{Name: "vcgencmd", Args: []string{"get_throttled"}})
	if err != nil || out.ExitCode != 0 {
		return ""
	}
	return string(out.Stdout)
}

// parseThrottled reads "50005", "0x50005" or "throttled=0x50005".
func parseThrottled(text string) (uint64, bool) {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(text, "throttled=")
	text = strings.TrimPrefix(text, "0x")
	bits, err := strconv.ParseUint(text, 16, 32)
	return bits, err == nil
}
