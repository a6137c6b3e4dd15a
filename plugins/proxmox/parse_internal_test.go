package proxmox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/plugintest"
)

// rows reads a list up to where it makes no sense.
func rows[T any](text string) (all []T) {
	_ = fetch.Stream{Lists: fetch.Lists{"": fetch.Each(func(one T) { all = append(all, one) })}}.Read(strings.NewReader(text))
	return all
}

// FuzzResources wants whatever a node lists to be read or refused.
func FuzzResources(f *testing.F) {
	for _, seed := range []string{
		`[{"type":"node","node":"pve1","status":"online","cpu":0.1,"maxcpu":4,"mem":1,"maxmem":2},{"type":"qemu","vmid":"100","node":"pve1","status":7}]`,
		`[{"type":"lxc","vmid":{},"node":"../x","status":"running","maxcpu":"2","cpu":"1e400"},{"type":"storage","storage":"a/b"}]`,
		`[{"type":"lxc","vmid":100,"node":"pve1","status":"running","tags":"a;monitor","lock":"backup","hastate":"started","disk":"1"},{"type":"storage","storage":"s","node":"pve1","status":"available","shared":1,"content":"backup","disk":1,"maxdisk":2}]`,
		`[{"type":"cluster","name":"c","quorate":1},{"type":"node","name":"pve1","online":0},{"type":"service","sid":"vm:100","state":"fence"}]`,
		`[{"upid":"UPID:1","node":"pve1","type":"vzdump","id":"100","starttime":1772366400,"endtime":1772366500,"status":"job errors"},{"upid":"UPID:2","starttime":"1772366400"}]`,
		`[{"id":"100-0","guest":100,"target":"pve2","last_sync":1,"fail_count":"3","error":"x"}]`, `[{"vmid":100,"ctime":1772366400,"size":"5"},{"vmid":"100","ctime":1}]`,
		`[{"devpath":"/dev/sda","health":"FAILED!","wearout":"N/A"},{"name":"rpool","health":"DEGRADED","frag":"3%","size":1}]`,
		`[{"filename":"pve-ssl.pem","notafter":1e300},{"service":"pveproxy","state":"running"}]`,
		`{"cpu":0.5,"loadavg":["0.1",{}],"memory":{"used":1,"total":-2},"uptime":"9","cpuinfo":{"cpus":"4"}}`, `[null,1,[]]`,
	} {
		f.Add(seed)
	}
	p, settings := Plugin(), defaults()
	host := plugintest.LiveHost(f, p)
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	before, err := json.Marshal(seen{Version: "8.4.1", Online: map[string]bool{"pve1": false}, Guests: map[string]seenGuest{"100": {"vm", "pve2", stopped}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := host.State.Set(keySeen, before); err != nil {
			t.Fatal(err)
		}
		s, members := &sight{now: now}, make(map[string]member)
		for _, m := range rows[member](text) {
			s.addMember(m, members)
		}
		for _, r := range rows[resource](text) {
			s.add(r, members, settings)
		}
		s.sort()
		for _, n := range s.online() {
			_ = json.Unmarshal([]byte(text), &n.status)
			n.storages = rows[nodeStorage](text)
		}
		c := &collector{
			config: settings, host: host,
			medium: &medium{
				tasks: rows[task](text), tasksKnown: true, unprotected: rows[unprotected](text), jobsKnown: true, replication: rows[replica](text), ha: rows[haService](text),
			},
			slow: &slow{
				backups: make(map[string]*backup), disks: rows[disk](text), pools: rows[pool](text), certificates: rows[certificate](text), services: rows[service](text),
			},
		}
		for _, b := range rows[backup](text) {
			c.slow.backups[string(b.VMID)] = &b
		}
		out := plugin.NewBatch(p)
		c.join(s)
		c.emit(s, out)
		out.Problem(c.tell(s, out))
		out.SetSnapshot(c.document(s))
		for _, problem := range out.Problems() {
			if fault.Of(problem) == fault.Internal {
				t.Errorf("%q: %v", text, problem)
			}
		}
	})
}
