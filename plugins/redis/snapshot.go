package redis

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// document is what a person wants to see of a server.
type document struct {
	Server      serverPart      `json:"server"`
	Memory      memoryPart      `json:"memory"`
	Stats       statsPart       `json:"stats"`
	Keyspace    []databaseRow   `json:"keyspace"`
	Persistence persistencePart `json:"persistence"`
	Replication replicationPart `json:"replication"`
	TopCommands []commandRow    `json:"top_commands,omitempty"`
	SlowLog     []slowCommand   `json:"slowlog,omitempty"`
	Delays      []delay         `json:"latency,omitempty"`
	Clients     []clientRow     `json:"clients,omitempty"`
	Keys        []keyRow        `json:"keys,omitempty"`
	Cluster     clusterPart     `json:"cluster,omitzero"`
	Primaries   []primaryRow    `json:"primaries,omitempty"`
}

type serverPart struct {
	Name       string `json:"name"`
	Version    string `json:"version,omitempty"`
	Compatible string `json:"compatible_with_redis,omitempty"`
	Mode       string `json:"mode,omitempty"`
	Role       string `json:"role,omitempty"`
	OS         string `json:"os,omitempty"`
	Uptime     *int64 `json:"uptime_seconds,omitempty"`
	ConfigFile string `json:"config_file,omitempty"`
	Loading    string `json:"loading,omitempty"` // how far
}

type memoryPart struct {
	Used       *int64 `json:"used_bytes,omitempty"`
	Peak       *int64 `json:"peak_bytes,omitempty"`
	Resident   *int64 `json:"rss_bytes,omitempty"`
	Most       *int64 `json:"max_bytes,omitempty"`
	Policy     string `json:"maxmemory_policy,omitempty"`
	OfMachine  *int64 `json:"system_bytes,omitempty"`
	Allocator  string `json:"allocator,omitempty"`
	ForClients *int64 `json:"clients_bytes,omitempty"`
}

type statsPart struct {
	Operations *float64 `json:"ops_s,omitempty"`
	HitRatio   *float64 `json:"hit_ratio,omitempty"`
	In         *float64 `json:"in_bps,omitempty"`  // bytes
	Out        *float64 `json:"out_bps,omitempty"` // bytes
}

type databaseRow struct {
	DB       int      `json:"db"`
	Keys     *int64   `json:"keys,omitempty"`
	Expiring *int64   `json:"expires,omitempty"`
	AvgTTL   *float64 `json:"avg_ttl,omitempty"` // seconds
}

type persistencePart struct {
	LastSave   *time.Time `json:"last_save,omitempty"`
	SaveStatus string     `json:"last_save_status,omitempty"`
	Changes    *int64     `json:"changes_since_save,omitempty"`
	AOF        string     `json:"append_only_file,omitempty"`
	AOFSize    *int64     `json:"append_only_file_bytes,omitempty"`
}

type replicationPart struct {
	Role     string       `json:"role,omitempty"`
	Primary  string       `json:"primary,omitempty"`
	Link     string       `json:"link,omitempty"`
	Replicas []replicaRow `json:"replicas,omitempty"`
}

type clusterPart struct {
	State string `json:"state,omitempty"`
	Nodes *int64 `json:"known_nodes,omitempty"`
	Size  *int64 `json:"size,omitempty"`
}

// document makes the snapshot.
func (c *collector) document(s *survey) document {
	i := s.fields
	d := document{
		Memory: memoryPart{
			Used: i.whole("used_memory"), Peak: i.whole("used_memory_peak"), Resident: i.whole("used_memory_rss"),
			Policy: i["maxmemory_policy"], OfMachine: i.whole("total_system_memory"),
			Allocator: i["mem_allocator"], ForClients: i.whole("mem_clients_normal"),
		},
		Keyspace: c.databaseRows(i),
		Persistence: persistencePart{
			LastSave: i.moment("rdb_last_save_time"), SaveStatus: i["rdb_last_bgsave_status"],
			Changes: i.whole("rdb_changes_since_last_save"), AOF: onOff(i["aof_enabled"]), AOFSize: i.whole("aof_current_size"),
		},
		Replication: replicationPart{Role: i.role(), Link: i["master_link_status"], Replicas: replicas(i)},
		SlowLog:     s.slowLog, Delays: s.delays, Clients: s.clients, Keys: s.keys,
		Cluster:   clusterPart{State: s.cluster["cluster_state"], Nodes: s.cluster.whole("cluster_known_nodes"), Size: s.cluster.whole("cluster_size")},
		Primaries: primaries(i),
	}
	d.Server = serverPart{
		Mode: i.mode(), Role: i.role(), OS: i["os"], Uptime: i.whole("uptime_in_seconds"), ConfigFile: i["config_file"],
	}
	if d.Server.Name, d.Server.Version = i.product(); d.Server.Name != "redis" {
		d.Server.Compatible = i["redis_version"]
	}
	if done := i["loading_loaded_perc"]; i["loading"] == "1" {
		d.Server.Loading = strings.TrimSpace(done + " %")
	}
	if most := i.whole("maxmemory"); most != nil && *most > 0 {
		d.Memory.Most = most
	}
	if host := i["master_host"]; host != "" {
		d.Replication.Primary = host + ":" + i["master_port"]
	}
	if c.config.Commands {
		d.TopCommands = commands(i, c.config.MaxCommands)
	}
	d.Stats = c.stats(i)
	return d
}

// The keys of what is measured between two runs.
const (
	keyLookups = "lookups"
	keyCalls   = "calls"
	keyIn      = "in"
	keyOut     = "out"
)

// hitRatio is the part of lookups since the run before that found their key.
func (c *collector) hitRatio(i info) (float64, bool) {
	hits, ok := i.number("keyspace_hits")
	misses, known := i.number("keyspace_misses")
	if !ok || !known {
		return 0, false
	}
	return c.tracker.Ratio(keyLookups, hits, hits+misses)
}

// stats are rates since the run before; in the first run there are none.
func (c *collector) stats(i info) statsPart {
	rate := func(key, field string) *float64 {
		value, ok := i.number(field)
		if !ok {
			return nil
		}
		perSecond, ok := c.tracker.Rate(key, value)
		if !ok {
			return nil
		}
		return &perSecond
	}
	part := statsPart{
		Operations: rate(keyCalls, "total_commands_processed"),
		In:         rate(keyIn, "total_net_input_bytes"), Out: rate(keyOut, "total_net_output_bytes"),
	}
	if ratio, ok := c.hitRatio(i); ok {
		part.HitRatio = &ratio
	}
	return part
}

func (c *collector) databaseRows(i info) []databaseRow {
	rows := []databaseRow{}
	for number, fields := range i.numbered("db") {
		row := databaseRow{DB: number, Keys: fields.whole("keys"), Expiring: fields.whole("expires")}
		if left, ok := fields.number("avg_ttl"); ok && left > 0 {
			left /= 1e3
			row.AvgTTL = &left
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b databaseRow) int { return cmp.Compare(a.DB, b.DB) })
	return rows
}

func onOff(flag string) string {
	switch flag {
	case "1":
		return "on"
	case "0":
		return "off"
	default:
		return ""
	}
}

// clientRow is one client of the server.
type clientRow struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
	User    string `json:"user,omitempty"`
	DB      *int64 `json:"db,omitempty"`
	Command string `json:"command,omitempty"`
	Age     *int64 `json:"age,omitempty"`
	Idle    *int64 `json:"idle,omitempty"`
	Memory  *int64 `json:"memory,omitempty"`
	Library string `json:"library,omitempty"`
}

// maxClients bounds the list of clients, those first that take most memory, and
// then those that are there for longest.
const maxClients = 50

func (c *collector) readClients(ctx context.Context, s *survey) error {
	answer, err := c.client.ask(ctx, "CLIENT", "LIST")
	for line := range strings.Lines(answer.text) {
		fields := make(info, 32)
		for word := range strings.FieldsSeq(line) {
			if name, value, found := strings.Cut(word, "="); found {
				fields[name] = value
			}
		}
		if fields["addr"] == "" {
			continue
		}
		s.clients = append(s.clients, clientRow{
			Address: fields["addr"], Name: plugin.Shorten(fields["name"], 80), User: fields["user"], DB: fields.whole("db"), Command: fields["cmd"],
			Age: fields.whole("age"), Idle: fields.whole("idle"), Memory: fields.whole("tot-mem"),
			Library: strings.TrimSpace(fields["lib-name"] + " " + fields["lib-ver"]),
		})
	}
	slices.SortStableFunc(s.clients, func(a, b clientRow) int {
		return cmp.Or(cmp.Compare(orZero(b.Memory), orZero(a.Memory)), cmp.Compare(orZero(b.Age), orZero(a.Age)))
	})
	s.clients = s.clients[:min(len(s.clients), maxClients)]
	return err
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
