package networkswitch

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestIndexesAreInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	got := []string{"10", "9", "1.10", "1.9", "1", "1.9.1"}
	slices.SortFunc(got, compareIndexes)
	if want := []string{"1", "1.9", "1.9.1", "1.10", "9", "10"}; !slices.Equal(got, want) {
		t.Errorf("sorted: %v, want %v", got, want)
	}
}

func TestPortsOfABitmapCountFromOne(t *testing.T) {
	t.Parallel()
	if got, want := portsIn([]byte{0x81, 0x00, 0x40}), []string{"1", "8", "18"}; !slices.Equal(got, want) {
		t.Errorf("ports: %v, want %v", got, want)
	}
}

func TestTextsAreForPeople(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"eth0\x00": "eth0", " a\r\nb ": "a b", "\xff\x00\x01": "ff0001", "Zürich": "Zürich",
	} {
		if got := (value{bytes: []byte(in)}).text(); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := idText(value{bytes: []byte{2, 0xaa, 0, 0, 0, 1}}); got != "02:aa:00:00:00:01" {
		t.Errorf("an address is %q", got)
	}
	if got := idText(value{bytes: []byte("port12")}); got != "port12" {
		t.Errorf("a name of six letters is %q", got)
	}
}

// FuzzText wants whatever a device calls itself to be fit for showing.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"eth0", "\xff\xfe", "a\x00b", "line\nline"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, text := range []string{value{bytes: raw}.text(), idText(value{bytes: raw})} {
			if !utf8.ValidString(text) {
				t.Errorf("%q is not text", text)
			}
		}
		_ = portsIn(raw)
		_ = abilitiesOf(raw)
		_, _ = value{bytes: raw}.float()
	})
}

// FuzzIndex wants indexes of whatever form to be taken without harm.
func FuzzIndex(f *testing.F) {
	for _, seed := range []string{"0.1.1.1.4.192.168.1.1", "1.1.1.2.16", "...", "9.9.9.9.99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, index string) {
		for key, address := range managementOf(table{lldpRemManIfID: {index: value{number: 1}}}) {
			if key == "" || address == "" {
				t.Errorf("%q is managed at %q (%q)", index, address, key)
			}
		}
		_ = compareIndexes(index, "1.2.3")
	})
}

func TestAPortWithNothingInItIsNoAlarm(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]*port{
		"up":       {name: "gi1", admin: "up", oper: "up"},
		"no link":  {name: "gi2", admin: "up", oper: "down"},
		"down":     {name: "uplink", admin: "up", oper: "down"},
		"disabled": {name: "gi3", admin: "down", oper: "down"},
	} {
		if got := rowOf(p, []string{"uplink"}).State; got != want {
			t.Errorf("%s is %s, want %s", p.name, got, want)
		}
	}
}
