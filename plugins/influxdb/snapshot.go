package influxdb

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// document is what a person wants to see of a server.
type document struct {
	Server     serverPart      `json:"server"`
	Databases  []*databaseRow  `json:"databases"`
	Count      int             `json:"databases_in_all"`
	Tasks      []taskRow       `json:"tasks,omitempty"`
	Throughput *throughputPart `json:"throughput,omitempty"`
	Storage    *storagePart    `json:"storage,omitempty"`
	Runtime    *runtimePart    `json:"runtime,omitempty"`
}

type serverPart struct {
	Major   string   `json:"major"`
	Version string   `json:"version,omitempty"`
	Build   string   `json:"build,omitempty"`
	Uptime  *float64 `json:"uptime_seconds,omitempty"`
	Health  string   `json:"health,omitempty"`
	Message string   `json:"message,omitempty"`
	Note    string   `json:"note,omitempty"`
}

// databaseRow is a database, which InfluxDB 2 calls a bucket.
type databaseRow struct {
	Name         string   `json:"name"`
	ID           string   `json:"id,omitempty"`
	Org          string   `json:"org,omitempty"`
	Retention    *float64 `json:"retention,omitempty"` // seconds; absent: for ever, or not known
	Keeps        string   `json:"keeps,omitempty"`     // in words
	Series       *float64 `json:"series,omitempty"`
	Measurements *float64 `json:"measurements,omitempty"`
	Disk         *float64 `json:"disk,omitempty"` // bytes
	Shards       *float64 `json:"shards,omitempty"`
	files        *float64
	wal, cache   *float64 // bytes
}

type taskRow struct {
	Name      string     `json:"name"`
	Status    string     `json:"status"`
	LastRun   *time.Time `json:"last_run,omitempty"`
	LastState string     `json:"last_status,omitempty"`
	Error     string     `json:"error,omitempty"`
}

// throughputPart are rates since the run before.
type throughputPart struct {
	Points   *float64 `json:"points_s,omitempty"`
	Requests *float64 `json:"requests_s,omitempty"`
	Refused  *float64 `json:"errors_s,omitempty"`
	Active   *float64 `json:"queries_active,omitempty"`
}

type storagePart struct {
	WAL       *float64 `json:"wal_bytes,omitempty"`
	Cache     *float64 `json:"cache_bytes,omitempty"`
	Files     *float64 `json:"tsm_files,omitempty"`
	Compacted *float64 `json:"compactions_active,omitempty"`
}

type runtimePart struct {
	Memory     *float64 `json:"memory_bytes,omitempty"`
	Goroutines *float64 `json:"goroutines,omitempty"`
}

// row returns the row of a database, made if it is new.
func (d *document) row(name string) *databaseRow {
	for _, row := range d.Databases {
		if row.Name == name {
			return row
		}
	}
	row := &databaseRow{Name: name}
	d.Databases = append(d.Databases, row)
	return row
}

// emitDatabases makes series of the largest databases.
func (c *collector) emitDatabases(out *plugin.Batch, doc *document) {
	of := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v
	}
	slices.SortFunc(doc.Databases, func(a, b *databaseRow) int {
		return cmp.Or(cmp.Compare(of(b.Disk), of(a.Disk)), cmp.Compare(of(b.Series), of(a.Series)), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	doc.Count = len(doc.Databases)
	doc.Databases = doc.Databases[:min(doc.Count, c.config.MaxDatabases)]
	storage := &storagePart{Compacted: doc.compacting()}
	for _, row := range doc.Databases {
		for name, value := range map[string]*float64{
			"influxdb_series": row.Series, "influxdb_measurements": row.Measurements, "influxdb_disk_bytes": row.Disk,
			"influxdb_shards": row.Shards, "influxdb_tsm_files": row.files, "influxdb_wal_bytes": row.wal,
			"influxdb_cache_bytes": row.cache, "influxdb_retention_seconds": row.Retention,
		} {
			if value != nil {
				out.Add(name, *value, "database", row.Name)
			}
		}
		for sum, value := range map[**float64]*float64{&storage.WAL: row.wal, &storage.Cache: row.cache, &storage.Files: row.files} {
			if value != nil {
				add(sum, *value)
			}
		}
	}
	if storage.WAL != nil || storage.Cache != nil || storage.Files != nil || storage.Compacted != nil {
		doc.Storage = storage
	}
}

// compacting is how many compactions run.
func (d *document) compacting() *float64 {
	if d.Storage == nil {
		return nil
	}
	return d.Storage.Compacted
}

// throughput fills in rates; in the first run there are none.
func (c *collector) throughput(points, requests, refused, active *float64) *throughputPart {
	rate := func(key string, value *float64) *float64 {
		if value == nil {
			return nil
		}
		perSecond, ok := c.tracker.Rate(key, *value)
		if !ok {
			return nil
		}
		return &perSecond
	}
	return &throughputPart{
		Points: rate("points", points), Requests: rate("requests", requests), Refused: rate("refused", refused), Active: active,
	}
}

// emit puts in what is there.
func emit(out *plugin.Batch, name string, value *float64, labels ...string) {
	if value != nil {
		out.Add(name, *value, labels...)
	}
}

// keeps says in words for how long data is kept.
func keeps(seconds float64) string {
	if seconds <= 0 {
		return "for ever"
	}
	const day = 24 * 60 * 60
	if days := seconds / day; days == math.Trunc(days) {
		return strconv.FormatFloat(days, 'f', -1, 64) + " d"
	}
	return plugin.Duration(min(seconds, math.MaxInt32) * float64(time.Second)).String()
}
