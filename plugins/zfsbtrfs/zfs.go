package zfsbtrfs

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// pool is a line of zpool list.
type pool struct {
	Name      string
	GUID      string
	State     string
	Size      *float64
	Allocated *float64
	Free      *float64
	Freeing   *float64
	Leaked    *float64
	Fragments *float64
	Usage     *float64
	Dedup     *float64
	ReadOnly  *bool
}

// dataset is a file system or volume of ZFS.
type dataset struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Used        *float64 `json:"used,omitempty"`
	Available   *float64 `json:"available,omitempty"`
	Referenced  *float64 `json:"referenced,omitempty"`
	LogicalUsed *float64 `json:"logical_used,omitempty"`
	BySnapshots *float64 `json:"used_by_snapshots,omitempty"`
	Ratio       *float64 `json:"compress_ratio,omitempty"`
	Compression string   `json:"compression,omitempty"`
	Quota       *float64 `json:"quota,omitempty"`
	RefQuota    *float64 `json:"refquota,omitempty"`
	Mountpoint  string   `json:"mountpoint,omitempty"`
	Mounted     string   `json:"mounted,omitempty"`
	Encryption  string   `json:"encryption,omitempty"`
	KeyStatus   string   `json:"key_status,omitempty"`
	Origin      string   `json:"origin,omitempty"`
}

// snapshots are those of one dataset.
type snapshots struct {
	Dataset string     `json:"dataset"`
	Count   int        `json:"count"`
	Used    *float64   `json:"used,omitempty"`
	Newest  *time.Time `json:"newest,omitempty"`
	Oldest  *time.Time `json:"oldest,omitempty"`
}

// variant is a way to ask. Implementations differ in what they understand: the
// first that is understood is kept.
type variant struct {
	args    []string
	columns []string
}

func poolVariants() []variant {
	all := []string{
		"name", "guid", "size", "allocated", "free", "freeing", "leaked", "fragmentation", "capacity", "dedupratio", "health", "readonly",
	}
	few := []string{"name", "guid", "size", "allocated", "free", "capacity", "dedupratio", "health"}
	return []variant{
		{[]string{"list", "-Hp", "-o", strings.Join(all, ",")}, all},
		{[]string{"list", "-Hp", "-o", strings.Join(few, ",")}, few},
		{[]string{"list", "-H", "-o", strings.Join(few, ",")}, few},
	}
}

func statusVariants() []variant {
	return []variant{{args: []string{"status", "-p", "-P", "-s"}}, {args: []string{"status", "-P"}}, {args: []string{"status"}}}
}

func datasetVariants() []variant {
	few := []string{
		"name", "type", "used", "available", "referenced", "usedbysnapshots", "compressratio", "compression", "quota", "refquota",
		"mountpoint", "mounted", "origin",
	}
	more := append(slices.Clone(few), "logicalused")
	all := append(slices.Clone(more), "encryption", "keystatus")
	ask := func(option string, columns []string) variant {
		return variant{[]string{"list", option, "-t", "filesystem,volume", "-o", strings.Join(columns, ",")}, columns}
	}
	return []variant{ask("-Hp", all), ask("-Hp", more), ask("-H", few)}
}

func snapshotVariants() []variant {
	columns := []string{"name", "used", "creation"}
	return []variant{
		{[]string{"list", "-Hp", "-t", "snapshot", "-o", strings.Join(columns, ",")}, columns},
		{[]string{"list", "-H", "-t", "snapshot", "-o", strings.Join(columns, ",")}, columns},
	}
}

// asker runs a program of ZFS in the first way that it understands.
type asker struct {
	program  string
	variants []variant
	known    int // those before it are not understood
	most     int // bytes of output
}

func (a *asker) ask(ctx context.Context, host plugin.Host, timeout time.Duration) ([]byte, variant, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for ; ; a.known++ {
		v := a.variants[a.known]
		c := plugin.Command{Name: a.program, Args: v.args, MaxOutputBytes: a.most}
		out, err := host.Commands.Run(ctx, c)
		if err != nil {
			if fault.Of(err) == fault.Internal { // the program crashed, as zpool does when its daemon goes away meanwhile
				err = fault.As(fault.BadAnswer, err, "asking ZFS")
			}
			return nil, v, err
		}
		if err = command.Check(c, out); err == nil {
			return out.Stdout, v, nil
		}
		said := strings.ToLower(string(out.Stderr))
		misunderstood := strings.Contains(said, "invalid option") || strings.Contains(said, "invalid property") ||
			strings.Contains(said, "bad property list")
		if !misunderstood || a.known+1 == len(a.variants) {
			return nil, v, explain(err, said)
		}
	}
}

// explain says what is missing where ZFS itself is.
func explain(err error, said string) error {
	switch {
	case strings.Contains(said, "zfs-fuse daemon"):
		return fault.As(fault.NotFound, err, "asking ZFS").WithHint("start zfs-fuse, or leave zfs out of filesystem_types")
	case strings.Contains(said, "modules cannot be auto-loaded"), strings.Contains(said, "modules are not loaded"),
		strings.Contains(said, "zfs kernel module"):
		return fault.As(fault.NotFound, err, "asking ZFS").WithHint("load the module with modprobe zfs, or leave zfs out of filesystem_types")
	case strings.Contains(said, "currently suspended"):
		return fault.As(fault.Unreachable, err, "asking ZFS").
			WithHint("the pool waits for its disks; zpool clear goes on when they are back")
	case strings.Contains(said, "permission denied"), strings.Contains(said, "/dev/zfs"):
		return fault.As(fault.Permission, err, "asking ZFS").
			WithHint("in a container pass the device in with --device=/dev/zfs; elsewhere run Unity as root")
	}
	return fault.Wrap(err, "asking ZFS")
}

// table reads lines of columns that are separated by tabs.
func table(text []byte, columns []string) []map[string]string {
	var rows []map[string]string
	for line := range bytes.Lines(text) {
		words := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		if name := strings.TrimSpace(words[0]); len(words) != len(columns) || name == "" || name == "-" {
			continue
		}
		row := make(map[string]string, len(columns))
		for i, word := range words {
			if word = strings.TrimSpace(word); word != "-" {
				row[columns[i]] = word
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func parsePools(text []byte, columns []string) []pool {
	var pools []pool
	for _, row := range table(text, columns) {
		p := pool{
			Name: row["name"], GUID: row["guid"], State: strings.ToLower(row["health"]),
			Size: size(row["size"]), Allocated: size(row["allocated"]), Free: size(row["free"]),
			Freeing: size(row["freeing"]), Leaked: size(row["leaked"]), Fragments: part(row["fragmentation"]),
			Usage: part(row["capacity"]), Dedup: times(row["dedupratio"]),
		}
		if word := row["readonly"]; word != "" {
			p.ReadOnly = new(word == "on")
		}
		// The percentage is a whole number; the sizes know it better.
		if p.Size != nil && p.Allocated != nil && *p.Size > 0 && *p.Allocated <= *p.Size {
			p.Usage = new(*p.Allocated / *p.Size)
		}
		pools = append(pools, p)
	}
	return pools
}

func parseDatasets(text []byte, columns []string) []dataset {
	var found []dataset
	for _, row := range table(text, columns) {
		d := dataset{
			Name: row["name"], Type: row["type"], Used: size(row["used"]), Available: size(row["available"]),
			Referenced: size(row["referenced"]), LogicalUsed: size(row["logicalused"]), BySnapshots: size(row["usedbysnapshots"]),
			Ratio: times(row["compressratio"]), Compression: row["compression"], Quota: size(row["quota"]),
			RefQuota: size(row["refquota"]), Mountpoint: row["mountpoint"], Mounted: row["mounted"], Encryption: row["encryption"],
			KeyStatus: row["keystatus"], Origin: row["origin"],
		}
		found = append(found, d)
	}
	return found
}

// pool returns the name of the dataset's pool.
func (d dataset) pool() string { return poolOf(d.Name) }

func poolOf(dataset string) string {
	name, _, _ := strings.Cut(dataset, "/")
	return name
}

// quotaUsage returns how much of its quota a dataset uses, or nil.
func (d dataset) quotaUsage() *float64 {
	for _, limit := range []struct{ quota, used *float64 }{{d.Quota, d.Used}, {d.RefQuota, d.Referenced}} {
		if limit.quota != nil && *limit.quota > 0 && limit.used != nil {
			return new(*limit.used / *limit.quota)
		}
	}
	return nil
}

// parseSnapshots adds snapshots up by dataset: there can be tens of thousands.
func parseSnapshots(text []byte, columns []string, zone *time.Location) []snapshots {
	of := make(map[string]*snapshots)
	for _, row := range table(text, columns) {
		name, _, found := strings.Cut(row["name"], "@")
		if !found || name == "" {
			continue
		}
		s := of[name]
		if s == nil {
			s = &snapshots{Dataset: name}
			of[name] = s
		}
		s.Count++
		if used := size(row["used"]); used != nil {
			s.Used = new(*cmp.Or(s.Used, new(0.0)) + *used)
		}
		made := creation(row["creation"], zone)
		if made == nil {
			continue
		}
		if s.Newest == nil || made.After(*s.Newest) {
			s.Newest = made
		}
		if s.Oldest == nil || made.Before(*s.Oldest) {
			s.Oldest = made
		}
	}
	list := make([]snapshots, 0, len(of))
	for _, s := range of {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b snapshots) int { return strings.Compare(a.Dataset, b.Dataset) })
	return list
}

// creation reads when a snapshot was made: in seconds since 1970, or to the
// minute as old versions write it.
func creation(text string, zone *time.Location) *time.Time {
	const latest = 1 << 36
	if seconds := decimal(text); seconds != nil && *seconds < latest {
		return new(time.Unix(int64(*seconds), 0).In(zone))
	}
	t, err := time.ParseInLocation("Mon Jan 2 15:04 2006", strings.Join(strings.Fields(text), " "), zone)
	if err != nil {
		return nil
	}
	return &t
}
