package ipmi

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// The functions that commands belong to.
const (
	functionChassis = 0x00
	functionSensor  = 0x04
	functionApp     = 0x06
	functionStorage = 0x0a
	functionGroup   = 0x2c
	groupDCMI       = 0xdc
)

// bmc asks a controller over IPMI.
type bmc struct {
	*session
	filter  filter
	kept    known
	inSteps bool // it cannot send a description as a whole
}

// known is what is kept from one run to the next, because it hardly changes.
type known struct {
	at         time.Time
	mark       string // of the descriptions, as the controller dates them
	sensors    []description
	thresholds map[int][]byte // by place in sensors: a mask, and a byte for each
	parts      []part
	noPower    bool // the controller does not measure it
	logMark    string
	last       []byte // the last entry of the log that was read
}

func newBMC(config config, f filter, host plugin.Host) *bmc {
	const usual = 623
	return &bmc{session: &session{config: config, host: host, address: config.endpoint(usual)}, filter: f}
}

// read implements peer.
func (b *bmc) read(ctx context.Context) (*machine, error) {
	if err := b.connect(ctx); err != nil {
		return nil, err
	}
	defer b.end(ctx)
	m := &machine{Protocol: protocolIPMI, Address: b.address}
	if err := b.readDevice(ctx, m); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		part string
		read func(context.Context, *machine) error
	}{
		{partChassis, b.readChassis}, {partSensors, b.readSensors}, {partPower, b.readPower}, {partInventory, b.readInventory}, {partLog, b.readLog},
	} {
		if !slices.Contains(b.config.Collect, step.part) {
			continue
		}
		if err := step.read(ctx, m); err != nil {
			if ctx.Err() != nil || fault.Of(err) == fault.Timeout {
				return nil, err // it has gone
			}
			m.problems = append(m.problems, err)
		}
	}
	return m, nil
}

// check implements peer: a login is enough.
func (b *bmc) check(ctx context.Context) error {
	if err := b.connect(ctx); err != nil {
		return err
	}
	defer b.end(ctx)
	return b.readDevice(ctx, &machine{})
}

func (b *bmc) close() error { return nil }

// readDevice asks what the controller is.
func (b *bmc) readDevice(ctx context.Context, m *machine) error {
	const short = 11
	id, err := b.ask(ctx, functionApp, 0x01)
	if err != nil {
		return err
	}
	if len(id) < short {
		return b.unexpected("what it is")
	}
	m.Firmware = fmt.Sprintf("%d.%02x", id[2]&0x7f, id[3])
	maker := int(id[6]) | int(id[7])<<8 | int(id[8]&0x0f)<<16
	m.Manufacturer = makerOf(maker)
	return nil
}

// makerOf is who has a number of the IANA list of enterprises, of those who make
// servers or their controllers.
func makerOf(number int) string {
	name, known := map[int]string{
		2: "IBM", 11: "HP", 42: "Sun Microsystems", 343: "Intel", 674: "Dell", 2011: "Huawei", 2623: "ASUSTeK", 3704: "OSA", 4413: "Broadcom",
		4753: "MontaVista", 5593: "Cisco", 5771: "Cisco", 6653: "Tyan", 7154: "IPMI Forum", 7244: "Quanta", 8554: "Peppercon", 10368: "Fujitsu",
		10876: "Supermicro", 11102: "Magnum", 15000: "Kontron", 15370: "Giga-Byte", 16394: "PICMG", 19046: "Lenovo", 20974: "American Megatrends",
		20301: "IBM", 25506: "H3C", 28458: "Emerson", 33049: "Mellanox", 36354: "NVIDIA", 37945: "Inspur", 40092: "Wiwynn", 47196: "HPE",
		47488: "Supermicro", 48512: "Inspur", 49622: "ASRock Rack", 50496: "TYAN",
	}[number]
	if !known {
		return "enterprise " + strconv.Itoa(number)
	}
	return name
}

// readChassis asks whether the machine is on, and what of its chassis is wrong.
func (b *bmc) readChassis(ctx context.Context, m *machine) error {
	const short = 3
	status, err := b.ask(ctx, functionChassis, 0x01)
	if err != nil {
		return err
	}
	if len(status) < short {
		return b.unexpected("its chassis")
	}
	is := func(i, bit int) bool { return status[i]>>bit&1 == 1 }
	on := is(0, 0)
	m.PowerOn = &on
	m.Faults = []chassisFault{
		{"power_overload", is(0, 1)},
		{"interlock", is(0, 2)},
		{"main_power", is(0, 3)},
		{"power_control", is(0, 4)},
		{"intrusion", is(2, 0)},
		{"drive", is(2, 2)},
		{"cooling", is(2, 3)},
	}
	policy := []string{"stays off", "as it was", "switches on", "unknown"}[status[0]>>5&3]
	m.Chassis = append(m.Chassis, fact{"After a power cut", policy})
	for bit, reason := range []string{"mains were lost", "overload", "interlock", "fault", "command"} {
		if is(1, bit) {
			m.Chassis = append(m.Chassis, fact{"Last power event", reason})
		}
	}
	if is(2, 1) {
		m.Chassis = append(m.Chassis, fact{"Front panel", "locked"})
	}
	return nil
}

// readPower asks what the machine draws. Many controllers do not measure it.
func (b *bmc) readPower(ctx context.Context, m *machine) error {
	if b.kept.noPower {
		return nil
	}
	const short, active = 18, 0x40
	power, err := b.ask(ctx, functionGroup, 0x02, groupDCMI, 1, 0, 0)
	if isMissing(err) || refusedWith(err, 0xd4) {
		b.kept.noPower = true
		return nil
	}
	if err != nil {
		return err
	}
	if len(power) < short {
		return b.unexpected("what it draws")
	}
	if power[17]&active == 0 {
		return nil // the measuring is switched off
	}
	watts := func(at int) *float64 { return value(float64(binary.LittleEndian.Uint16(power[at:]))) }
	m.Watts = consumption{Now: watts(1), Max: watts(5), Average: watts(7)}
	const limitShort, noLimit = 6, 0x80
	limit, err := b.ask(ctx, functionGroup, 0x03, groupDCMI, 0, 0)
	if err == nil && len(limit) >= limitShort && !refusedWith(err, noLimit) {
		m.Watts.Limit = value(float64(binary.LittleEndian.Uint16(limit[4:])))
	}
	return nil
}

// readInventory reads what the parts of the machine are.
func (b *bmc) readInventory(ctx context.Context, m *machine) error {
	if b.kept.parts == nil {
		p, err := b.inventory(ctx, located{name: "machine"})
		if err != nil && !isMissing(err) {
			return err
		}
		b.kept.parts = []part{}
		if err == nil && p != (part{Name: "machine"}) {
			b.kept.parts = append(b.kept.parts, p)
		}
	}
	m.Parts = b.kept.parts
	if len(m.Parts) > 0 && m.Parts[0].Name == "machine" {
		m.Model, m.Serial = m.Parts[0].Product, m.Parts[0].Serial
		if m.Parts[0].Manufacturer != "" {
			m.Manufacturer = m.Parts[0].Manufacturer
		}
	}
	return nil
}

// inventory reads the inventory of one part.
func (b *bmc) inventory(ctx context.Context, of located) (part, error) {
	const short, step = 2, 16
	info, err := b.ask(ctx, functionStorage, 0x10, of.id)
	if err != nil {
		return part{}, err
	}
	if len(info) < short {
		return part{}, b.unexpected("its inventory")
	}
	whole := int(binary.LittleEndian.Uint16(info))
	var data []byte
	for want := min(fruUnit, whole); len(data) < want; {
		chunk, err := b.ask(ctx, functionStorage, 0x11, of.id, byte(len(data)), byte(len(data)>>8), byte(min(step, want-len(data))))
		if err != nil {
			return part{}, err
		}
		if len(chunk) < 2 {
			return part{}, b.unexpected("its inventory")
		}
		data = append(data, chunk[1:]...)
		if want == fruUnit {
			want = fruSize(data, whole)
		}
	}
	p := parseFRU(data)
	p.Name = of.name
	return p, nil
}
