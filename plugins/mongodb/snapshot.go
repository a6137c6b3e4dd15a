package mongodb

import "time"

// snapshotDocument is what a person wants to see of a server.
type snapshotDocument struct {
	Server      serverPart      `json:"server"`
	Connections connectionsPart `json:"connections"`
	Memory      memoryPart      `json:"memory"`
	Replication *setPart        `json:"replication,omitempty"`
	Databases   []databaseRow   `json:"databases,omitempty"`
	Collections []collectionRow `json:"collections,omitempty"`
	Slow        []slowRow       `json:"slow_ops,omitempty"`
	Busy        []busyRow       `json:"busiest,omitempty"`
	Sharding    *shardingPart   `json:"sharding,omitempty"`
}

type serverPart struct {
	Address string   `json:"address"`
	Host    string   `json:"host,omitempty"`
	Version string   `json:"version,omitempty"`
	Process string   `json:"process,omitempty"`
	Engine  string   `json:"engine,omitempty"`
	FCV     string   `json:"feature_compatibility_version,omitempty"`
	Uptime  *float64 `json:"uptime_seconds,omitempty"`
}

type connectionsPart struct {
	Current   *float64 `json:"current,omitempty"`
	Available *float64 `json:"available,omitempty"`
	Active    *float64 `json:"active,omitempty"`
}

type memoryPart struct {
	Resident  *float64 `json:"resident_bytes,omitempty"`
	Cache     *float64 `json:"cache_bytes,omitempty"`
	CacheMax  *float64 `json:"cache_max_bytes,omitempty"`
	CacheOpen *float64 `json:"cache_dirty_bytes,omitempty"`
}

type setPart struct {
	Set     string      `json:"set"`
	State   string      `json:"state,omitempty"`
	Primary string      `json:"primary,omitempty"`
	Members []memberRow `json:"members,omitempty"`
	Oplog   *oplogPart  `json:"oplog,omitempty"`
}

type memberRow struct {
	Name    string   `json:"name"`
	State   string   `json:"state"`
	Healthy bool     `json:"healthy"`
	Lag     *float64 `json:"lag,omitempty"`    // seconds
	Ping    *float64 `json:"ping,omitempty"`   // seconds
	Uptime  *float64 `json:"uptime,omitempty"` // seconds
}

type oplogPart struct {
	Window *float64   `json:"window_seconds,omitempty"`
	Oldest *time.Time `json:"oldest,omitempty"`
	Latest *time.Time `json:"latest,omitempty"`
	Size   *float64   `json:"size_bytes,omitempty"`
	Max    *float64   `json:"max_bytes,omitempty"`
}

type databaseRow struct {
	Name        string   `json:"name"`
	Collections *float64 `json:"collections,omitempty"`
	Views       *float64 `json:"views,omitempty"`
	Objects     *float64 `json:"objects,omitempty"`
	Indexes     *float64 `json:"indexes,omitempty"`
	Data        *float64 `json:"data,omitempty"`    // bytes
	Storage     *float64 `json:"storage,omitempty"` // bytes on disk
	Index       *float64 `json:"index,omitempty"`   // bytes on disk
}

type collectionRow struct {
	Database  string   `json:"db"`
	Name      string   `json:"name"`
	Documents *float64 `json:"documents,omitempty"`
	Data      *float64 `json:"data,omitempty"`    // bytes
	Storage   *float64 `json:"storage,omitempty"` // bytes
	Index     *float64 `json:"index,omitempty"`   // bytes
	Indexes   *float64 `json:"indexes,omitempty"`
	Average   *float64 `json:"average,omitempty"` // bytes of a document
}

type slowRow struct {
	ID          string  `json:"opid"`
	Namespace   string  `json:"ns"`
	Operation   string  `json:"op"`
	Seconds     float64 `json:"secs"`
	Client      string  `json:"client,omitempty"`
	Application string  `json:"application,omitempty"`
	Plan        string  `json:"plan,omitempty"`
}

// busyRow is a collection, with figures since the server was started.
type busyRow struct {
	Namespace    string   `json:"ns"`
	Seconds      float64  `json:"seconds"`
	Reads        *float64 `json:"reads,omitempty"`
	ReadSeconds  *float64 `json:"read_seconds,omitempty"`
	Writes       *float64 `json:"writes,omitempty"`
	WriteSeconds *float64 `json:"write_seconds,omitempty"`
}

type shardingPart struct {
	Shards      *float64 `json:"shards,omitempty"`
	Collections *float64 `json:"sharded_collections,omitempty"`
}

// snapshot makes the document.
func (c *collector) snapshot(s *survey) snapshotDocument {
	d := snapshotDocument{
		Server: serverPart{
			Address: c.client.target.String(), Host: s.status.text("host"), Version: c.version(s), Process: s.status.text("process"),
			Engine: c.engine(s), FCV: c.feature, Uptime: s.status.amount("uptime"),
		},
		Connections: connectionsPart{
			Current: s.status.amount("connections", "current"), Available: s.status.amount("connections", "available"),
			Active: s.status.amount("connections", "active"),
		},
		Memory: memoryPart{
			Resident:  scaled(s.status.amount("mem", "resident"), mebibyte),
			Cache:     s.status.amount("wiredTiger", "cache", "bytes currently in the cache"),
			CacheMax:  s.status.amount("wiredTiger", "cache", "maximum bytes configured"),
			CacheOpen: s.status.amount("wiredTiger", "cache", "tracked dirty bytes in the cache"),
		},
		Databases: c.databases, Collections: c.collections, Slow: s.slow, Busy: s.busy,
	}
	if name := s.hello.text("setName"); name != "" {
		d.Replication = &setPart{Set: name, Primary: s.hello.text("primary")}
		if s.set != nil {
			d.Replication.State = stateOf(s.set.number("myState"))
			d.Replication.Members = members(s.set)
		}
		if s.oplog != (oplogPart{}) {
			d.Replication.Oplog = &s.oplog
		}
	}
	if s.shards != nil {
		d.Sharding = &shardingPart{Shards: s.shards, Collections: s.sharded}
	}
	return d
}
