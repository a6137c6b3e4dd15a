package vpn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesStandAboveTheirPeers(t *testing.T) {
	t.Parallel()
	const text = `# my server
[Interface]
# an address
Address = 10.0.0.1/24

# laptop
[Peer]
PublicKey = A=

### Client phone
[Peer]
AllowedIPs = 10.0.0.3/32
PublicKey = B=

[Peer]
# Name = tablet
PublicKey = C=

# about nobody

[Peer]
PublicKey = D=

#PresharedKey = secret=
[Peer]
PublicKey = E=
`
	want := map[string]string{"A=": "laptop", "B=": "phone", "C=": "tablet"}
	if diff := cmp.Diff(want, namesIn(text)); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestSecretsAreNotKeptOfWhatAProgramTells(t *testing.T) {
	t.Parallel()
	private, preshared := strings.Repeat("77", 32), strings.Repeat("66", 32)
	text := "private_key=" + private + "\nlisten_port=1\npublic_key=" + strings.Repeat("11", 32) + "\npreshared_key=" + preshared + "\nrx_bytes=5\nerrno=0\n\n"
	d, told, err := parseUAPI(strings.NewReader(text))
	if err != nil || len(d.peers) != 1 || d.peers[0].received != 5 || d.publicKey == "" {
		t.Fatalf("read %+v, %v", d, err)
	}
	if strings.Contains(told, private) || strings.Contains(told, preshared) {
		t.Errorf("what is recorded has a secret: %s", told)
	}
}

func FuzzUAPI(f *testing.F) {
	f.Add("private_key=" + strings.Repeat("77", 32) + "\nlisten_port=51820\npublic_key=" + strings.Repeat("11", 32) + "\nendpoint=[::1]:5\nlast_handshake_time_sec=5\nerrno=0\n\n")
	f.Add("errno=-5\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, _, err := parseUAPI(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, p := range d.peers {
			if p.received < 0 || p.sent < 0 || p.short() == "" {
				t.Errorf("the peer %+v", p)
			}
		}
	})
}

func FuzzDump(f *testing.F) {
	key := strings.Repeat("A", 43) + "="
	f.Add("wg0\t" + key + "\t" + key + "\t51820\toff\nwg0\t" + key + "\t(none)\t1.2.3.4:5\t10.0.0.2/32,fd00::/64\t1772366350\t1\t2\t25\n")
	f.Fuzz(func(t *testing.T, text string) {
		devices, err := parseDump(text)
		if err != nil {
			return
		}
		for _, d := range devices {
			if d.name == "" {
				t.Error("a device without a name")
			}
		}
	})
}

func FuzzStatus(f *testing.F) {
	f.Add("OpenVPN CLIENT LIST\nUpdated,x\nCommon Name,Real Address,Bytes Received,Bytes Sent,Connected Since\na,b,1,2,c\nROUTING TABLE\nVirtual Address,Common Name\nx,a\nGLOBAL STATS\nEND")
	f.Add("TITLE\tOpenVPN 2.6.14\nTIME\tx\t5\nHEADER\tCLIENT_LIST\tCommon Name\tUsername\nCLIENT_LIST\ta\tUNDEF\nEND")
	f.Add("OpenVPN STATISTICS\nTCP/UDP read bytes,5\nEND")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseStatus(strings.Split(text, "\n"))
		if err != nil {
			return
		}
		seen := make(map[string]bool)
		for _, one := range s.summed() {
			key := one.name + "\x00" + one.username
			if one.name == "" || one.name == undefined || seen[key] {
				t.Errorf("the client %q", key)
			}
			seen[key] = true
		}
	})
}

func FuzzNames(f *testing.F) {
	f.Add("# a\n[Peer]\nPublicKey = b\n")
	f.Add(`{"clients": {"x": {"name": "a", "publicKey": "b"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		for key, name := range namesIn(text) {
			if len([]rune(name)) > 60 || strings.Contains(key, "\n") {
				t.Errorf("%q is called %q", key, name)
			}
		}
		versionIn(text)
	})
}
