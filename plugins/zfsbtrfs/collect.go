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
	"github.com/unity-homelab/unity/plugin/delta"
)

// The kinds of file system.
const (
	typeZFS   = "zfs"
	typeBtrfs = "btrfs"
)

// slowly is how often things are asked that take long and change seldom.
const slowly = 10 * time.Minute

// collector watches the pools of one machine.
type collector struct {
	config config
	host   plugin.Host

	pools, status, datasets, snaps asker

	snapshots   []snapshots
	snapshotsAt time.Time
	asked       map[string]asked // by UUID
	arc         delta.Tracker[string]
}

// asked is what btrfs said of a file system, and when.
type asked struct {
	subvolumes
	at  time.Time
	err error
}

func newCollector(config config, host plugin.Host) *collector {
	const mib = 1 << 20
	return &collector{
		config: config, host: host,
		pools:    asker{program: "zpool", variants: poolVariants()},
		status:   asker{program: "zpool", variants: statusVariants()},
		datasets: asker{program: "zfs", variants: datasetVariants()},
		snaps:    asker{program: "zfs", variants: snapshotVariants(), most: 64 * mib},
		asked:    make(map[string]asked),
	}
}

// sight is what was found in one run.
type sight struct {
	now       time.Time
	pools     []*poolSight
	datasets  []dataset
	left      int // datasets that were left out
	snapshots []snapshots
	traffic   []traffic
	arc       map[string]float64
	arcRatio  *float64
	volumes   []*volumeSight
}

// poolSight is a pool with what its status says.
type poolSight struct {
	pool
	status *poolStatus // nil: not told
	// lastScrub is when a scrub was last finished: a resilver takes its place in
	// what ZFS tells.
	lastScrub *time.Time
}

// volumeSight is a file system of Btrfs with what only root may know.
type volumeSight struct {
	volume
	scrub *scrubResult
	more  *subvolumes
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	s := &sight{now: c.host.Now()}
	var first error
	if c.watches(typeZFS) {
		first = c.lookZFS(ctx, s, out)
	}
	if c.watches(typeBtrfs) {
		c.lookBtrfs(ctx, s, out)
	}
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, "looking at pools")
	}
	switch {
	case len(s.pools)+len(s.volumes) > 0:
		out.Problem(first)
	case first != nil:
		return first
	case len(c.config.Pools) > 0:
		return fault.New(fault.NotFound, "looking for pools: none is called %s", strings.Join(c.config.Pools, " or ")).
			WithHint("zpool list and btrfs filesystem show list what there is")
	default:
		return fault.New(fault.NotFound, "looking for pools: there is no pool of ZFS and no mounted file system of Btrfs").
			WithHint("is it imported, or mounted?")
	}
	if err := c.compare(s, out); err != nil {
		out.Problem(err)
	}
	c.emit(s, out)
	out.SetSnapshot(makeDocument(s))
	return nil
}

// watches reports whether a kind of file system is asked for.
func (c *collector) watches(kind string) bool {
	return len(c.config.Types) == 0 || slices.Contains(c.config.Types, kind)
}

// lookZFS looks at ZFS. It returns why there is nothing to see.
func (c *collector) lookZFS(ctx context.Context, s *sight, out *plugin.Batch) error {
	states := poolStates(c.host.Files)
	text, v, err := c.pools.ask(ctx, c.host, c.config.Timeout.Std())
	kind := fault.Of(err)
	switch {
	case err == nil:
		pools := parsePools(text, v.columns)
		if len(pools) == 0 && len(bytes.TrimSpace(text)) > 0 {
			return fault.New(fault.BadAnswer, "asking ZFS: zpool list prints something else than pools")
		}
		for _, p := range pools {
			if c.config.wants(p.Name) {
				s.pools = append(s.pools, &poolSight{pool: p})
			}
		}
	case kind == fault.Timeout && len(states) > 0:
		// A suspended pool holds zpool up; what the kernel says of pools is known.
		out.Problem(fault.As(kind, err, "asking ZFS").WithHint("a pool that is suspended waits for its disks; zpool clear goes on when they are back"))
		for name, state := range states {
			if c.config.wants(name) {
				s.pools = append(s.pools, &poolSight{pool: pool{Name: name, State: state}})
			}
		}
		slices.SortFunc(s.pools, func(a, b *poolSight) int { return strings.Compare(a.Name, b.Name) })
		s.arc = c.readARC(ctx, s, out)
		return nil
	case len(c.config.Types) == 0 && len(states) == 0 && (kind == fault.NotInstalled || kind == fault.NotFound || kind == fault.Permission):
		return nil // nobody said that there is ZFS
	case kind == fault.NotInstalled:
		return fault.New(kind, "zpool is not installed").WithHint("install the package zfsutils-linux")
	default:
		return err
	}
	if len(s.pools) == 0 {
		return nil
	}
	if text, _, err = c.status.ask(ctx, c.host, c.config.Timeout.Std()); err != nil {
		out.Problem(err)
	}
	c.join(s, parseStatus(text, s.now.Location()), states)
	c.lookDatasets(ctx, s, out)
	s.arc = c.readARC(ctx, s, out)
	return nil
}

// join puts together what the two programs and the kernel say.
func (c *collector) join(s *sight, statuses []poolStatus, states map[string]string) {
	for _, p := range s.pools {
		if i := slices.IndexFunc(statuses, func(st poolStatus) bool { return st.Name == p.Name }); i >= 0 {
			p.status = &statuses[i]
			p.State = first(p.status.State, p.State)
		}
		if states[p.Name] == "suspended" {
			p.State = "suspended"
		}
		if c.config.DatasetIO {
			s.traffic = append(s.traffic, readTraffic(c.host.Files, p.Name)...)
		}
	}
}

func first(texts ...string) string { return cmp.Or(texts...) }

// lookDatasets looks at datasets and, now and then, at snapshots.
func (c *collector) lookDatasets(ctx context.Context, s *sight, out *plugin.Batch) {
	ours := func(dataset string) bool {
		return slices.ContainsFunc(s.pools, func(p *poolSight) bool { return p.Name == poolOf(dataset) }) &&
			plugin.Selects(c.config.Include, c.config.Exclude, dataset)
	}
	if c.config.Datasets {
		text, v, err := c.datasets.ask(ctx, c.host, c.config.Timeout.Std())
		out.Problem(err)
		for _, d := range parseDatasets(text, v.columns) {
			if ours(d.Name) {
				s.datasets = append(s.datasets, d)
			}
		}
		slices.SortStableFunc(s.datasets, func(a, b dataset) int {
			return cmp.Compare(*cmp.Or(b.Used, new(0.0)), *cmp.Or(a.Used, new(0.0)))
		})
		most := min(len(s.datasets), c.config.MaxDatasets)
		s.left, s.datasets = len(s.datasets)-most, s.datasets[:most]
	}
	if !c.config.Snapshots {
		return
	}
	if since := s.now.Sub(c.snapshotsAt); since < 0 || since >= slowly {
		text, v, err := c.snaps.ask(ctx, c.host, c.config.Timeout.Std())
		out.Problem(err)
		if err == nil {
			c.snapshots, c.snapshotsAt = parseSnapshots(text, v.columns, s.now.Location()), s.now
		}
	}
	for _, one := range c.snapshots {
		if ours(one.Dataset) && len(s.snapshots) < c.config.MaxDatasets {
			s.snapshots = append(s.snapshots, one)
		}
	}
}

func (c *collector) readARC(ctx context.Context, s *sight, out *plugin.Batch) map[string]float64 {
	if !c.config.ARC {
		return nil
	}
	counts := readARC(c.host.Files)
	if counts == nil && isFreeBSD(c.host.Files) {
		var err error
		counts, err = askARC(ctx, c.host, c.config.Timeout.Std())
		out.Problem(err)
	}
	hits, known := counts["hits"]
	misses, also := counts["misses"]
	c.arc.Start(s.now)
	if known && also {
		if ratio, ok := c.arc.Ratio("hits", hits, hits+misses); ok && ratio <= 1 {
			s.arcRatio = &ratio
		}
	}
	return counts
}

// lookBtrfs looks at the mounted file systems of Btrfs.
func (c *collector) lookBtrfs(ctx context.Context, s *sight, out *plugin.Batch) {
	for _, v := range readVolumes(c.host.Files) {
		if !c.config.wants(append([]string{v.Label, v.UUID}, v.Mounts...)...) {
			continue
		}
		found := &volumeSight{volume: v}
		if c.config.BtrfsCLI {
			var err error
			found.scrub, err = readScrub(c.host.Files, v.UUID, s.now)
			out.Problem(err)
			found.more, err = c.moreOf(ctx, v, s.now)
			out.Problem(err)
		}
		if found.more != nil {
			for i := range found.Devices {
				found.Devices[i].Path = found.more.Paths[found.Devices[i].ID]
			}
		}
		s.volumes = append(s.volumes, found)
	}
}

// moreOf asks btrfs now and then. Where it is not installed, or the file system
// is mounted in another container, there is nothing more.
func (c *collector) moreOf(ctx context.Context, v volume, now time.Time) (*subvolumes, error) {
	known, there := c.asked[v.UUID]
	if since := now.Sub(known.at); there && since >= 0 && since < slowly {
		if known.err != nil {
			return nil, known.err
		}
		return &known.subvolumes, nil
	}
	if _, err := c.host.Commands.Find("btrfs"); err != nil || len(v.Mounts) == 0 {
		return nil, nil //nolint:nilerr // it is not needed
	}
	said, err := askBtrfs(ctx, c.host, c.config, v.Mounts[0])
	c.asked[v.UUID] = asked{subvolumes: said, at: now, err: err}
	if err != nil {
		return nil, err
	}
	return &said, nil
}
