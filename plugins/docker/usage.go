package docker

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// Asking for disk usage makes the engine walk over everything it has stored,
// which takes minutes on a large machine. So it happens once an hour, goes on
// between runs, and a run waits for it only for a moment.
const (
	usageTimeout  = 10 * time.Minute
	usagePatience = time.Second
)

// space is how much of the disk one kind of object takes.
type space struct {
	kind        string // images, containers, volumes, build_cache
	total       int64
	reclaimable int64
}

// bounded takes out what cannot be: engines have been seen to subtract more
// than there is.
func (s space) bounded() space {
	return space{s.kind, max(0, s.total), min(max(0, s.reclaimable), max(0, s.total))}
}

// diskUsage is what GET /system/df says, whatever its shape.
type diskUsage struct {
	kinds      []space
	containers map[string]containerSize // by ID
	volumes    map[string]volumeSize    // by name
}

type containerSize struct{ rw, root int64 }

type volumeSize struct{ bytes, refs int64 }

// usage asks for disk usage in the background. The zero value is ready.
type usage struct {
	answer cached[diskUsage]
	cancel context.CancelFunc
	ended  chan struct{} // closed when the question that is open has an answer

	mu   sync.Mutex
	late diskUsage
	err  error
}

// ask begins to ask when it is due, waits a moment, and takes in the answer
// when it is there.
func (u *usage) ask(ctx context.Context, c *collector, now time.Time) {
	if !c.config.CollectUsage {
		return
	}
	if u.ended == nil {
		if !u.answer.due(now, false) {
			return
		}
		u.begin(ctx, c.client)
	}
	patience := time.NewTimer(usagePatience)
	defer patience.Stop()
	select {
	case <-u.ended:
	case <-patience.C:
		return
	case <-ctx.Done():
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = nil
	u.answer.set(u.late, u.err, now, usageEvery)
}

func (u *usage) begin(ctx context.Context, client *client) {
	// The question outlives this run; stop ends it.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), usageTimeout)
	ended := make(chan struct{})
	u.cancel, u.ended = cancel, ended
	go func() {
		defer close(ended)
		defer cancel()
		var answer apiUsage
		err := guard(func() error {
			return client.get(asking, "/system/df", url.Values{"verbose": {"true"}}, &answer)
		})
		u.mu.Lock()
		defer u.mu.Unlock()
		u.late, u.err = diskUsageOf(&answer), fault.Wrap(err, "asking for disk usage")
	}()
}

// stop ends an open question and waits for its end.
func (u *usage) stop() {
	if u.ended != nil {
		u.cancel()
		<-u.ended
	}
}

// problem returns why there was no answer the last time.
func (u *usage) problem() error { return u.answer.err }

// diskUsageOf reads both shapes of the answer. Where the engine gives lists
// only, sums are made as "docker system df" makes them.
func diskUsageOf(answer *apiUsage) diskUsage {
	images, containers, volumes, builds := answer.Images, answer.Containers, answer.Volumes, answer.BuildCache
	result := diskUsage{containers: make(map[string]containerSize), volumes: make(map[string]volumeSize)}
	if sums := answer.ImageUsage; sums != nil {
		result.add(space{"images", sums.TotalSize, sums.Reclaimable})
	} else if images != nil {
		result.add(imageSpace(images, answer.LayersSize))
	}
	if sums := answer.ContainerUsage; sums != nil {
		containers = append(containers, sums.Items...)
		result.add(space{"containers", sums.TotalSize, sums.Reclaimable})
	} else if containers != nil {
		result.add(containerSpace(containers))
	}
	if sums := answer.VolumeUsage; sums != nil {
		volumes = append(volumes, sums.Items...)
		result.add(space{"volumes", sums.TotalSize, sums.Reclaimable})
	} else if volumes != nil {
		result.add(volumeSpace(volumes))
	}
	if sums := answer.BuildCacheUsage; sums != nil {
		result.add(space{"build_cache", sums.TotalSize, sums.Reclaimable})
	} else if builds != nil {
		result.add(buildSpace(builds))
	}
	for _, container := range containers {
		if container.SizeRootFs != nil { // the other is left out when it is 0
			size := containerSize{root: *container.SizeRootFs}
			if container.SizeRw != nil {
				size.rw = *container.SizeRw
			}
			result.containers[container.ID] = size
		}
	}
	for _, volume := range volumes {
		if volume.UsageData != nil && volume.UsageData.Size >= 0 {
			result.volumes[volume.Name] = volumeSize{volume.UsageData.Size, volume.UsageData.RefCount}
		}
	}
	return result
}

func (d *diskUsage) add(s space) { d.kinds = append(d.kinds, s.bounded()) }

// imageSpace counts layers that images share once. What the images in use have
// for themselves cannot be reclaimed.
func imageSpace(images []apiImage, layers int64) space {
	total, used := int64(0), int64(0)
	for _, image := range images {
		if layers == 0 {
			total += max(0, image.Size) // Podman gives no size of all layers
		}
		if image.Containers != 0 && image.Size >= 0 && image.SharedSize >= 0 {
			used += image.Size - image.SharedSize
		}
	}
	total += layers
	return space{"images", total, total - used}
}

func containerSpace(containers []apiContainer) space {
	total, reclaimable := int64(0), int64(0)
	for _, container := range containers {
		if container.SizeRw == nil {
			continue
		}
		total += *container.SizeRw
		if state := strings.ToLower(container.State); !running(state) && state != "restarting" {
			reclaimable += *container.SizeRw
		}
	}
	return space{"containers", total, reclaimable}
}

func volumeSpace(volumes []apiVolume) space {
	total, reclaimable := int64(0), int64(0)
	for _, volume := range volumes {
		if volume.UsageData == nil || volume.UsageData.Size < 0 {
			continue
		}
		total += volume.UsageData.Size
		if volume.UsageData.RefCount == 0 {
			reclaimable += volume.UsageData.Size
		}
	}
	return space{"volumes", total, reclaimable}
}

func buildSpace(records []apiBuildRecord) space {
	total, reclaimable := int64(0), int64(0)
	for _, record := range records {
		if record.Shared {
			continue
		}
		total += record.Size
		if !record.InUse {
			reclaimable += record.Size
		}
	}
	return space{"build_cache", total, reclaimable}
}
