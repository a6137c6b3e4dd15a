//go:build linux

package temperature

import (
	"math"
	"strings"
	"testing"
)

func FuzzParseAttribute(f *testing.F) {
	f.Add("temp1_input")
	f.Add("pwm2")
	f.Add("in0_max_alarm")
	f.Fuzz(func(t *testing.T, name string) {
		a, ok := parseAttribute(name)
		if ok && (a.prefix == "" || a.number < 0 || !strings.HasPrefix(name, a.prefix)) {
			t.Fatalf("%q gives %+v", name, a)
		}
	})
}

func FuzzChipID(f *testing.F) {
	f.Add("nvme", "/sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0")
	f.Add("lm75", "/sys/devices/pci0000:00/i2c-3/3-0048")
	f.Add("drivetemp", "/sys/devices/pci0000:00/ata2/host2/target2:0:0/2:0:0:0")
	f.Add("x", "..//.")
	f.Fuzz(func(t *testing.T, name, device string) {
		if id := chipID(name, device); !strings.HasPrefix(id, name+"-") {
			t.Fatalf("%q at %q is called %q", name, device, id)
		}
	})
}

func FuzzParseThrottled(f *testing.F) {
	f.Add("throttled=0x50005\n")
	f.Add("50005")
	f.Fuzz(func(t *testing.T, text string) {
		if bits, ok := parseThrottled(text); !ok && bits != 0 && bits != math.MaxUint32 {
			t.Fatalf("%q gives %x", text, bits)
		}
	})
}

func FuzzParseOneWire(f *testing.F) {
	f.Add("2d 00 4b 46 ff ff 02 10 19 : crc=19 YES\n2d 00 4b 46 ff ff 02 10 19 t=22625")
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := parseOneWire(text); ok && !strings.Contains(text, "YES") {
			t.Fatalf("%q is taken without its checksum", text)
		}
	})
}

func FuzzParseSensors(f *testing.F) {
	f.Add(`{"coretemp-isa-0000":{"Adapter":"ISA adapter","Package id 0":{"temp1_input":45.0,"temp1_max":100.0,"temp1_fault":1}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		chips, err := parseSensors([]byte(text))
		if err != nil {
			return
		}
		for _, c := range chips {
			if len(c.Readings) == 0 {
				t.Fatalf("%q gives a chip without readings", text)
			}
			seen := make(map[string]bool)
			for _, r := range c.Readings {
				if seen[string(r.Kind)+r.Label] {
					t.Fatalf("%q gives two sensors %s", text, r.Label)
				}
				seen[string(r.Kind)+r.Label] = true
			}
		}
	})
}
