package docker

import (
	"encoding/json"
	"strings"
	"time"
)

// The types of this file hold what the Docker Engine API answers, as far as it
// is used here. Podman answers in the same shape. Field names are those of the
// API; encoding/json compares them without regard to case.

// apiVersion is the answer of GET /version.
type apiVersion struct {
	Version       string
	APIVersion    string
	MinAPIVersion string
	Os            string
	Arch          string
	Components    []struct{ Name, Version string }
}

// podman reports whether the answer comes from Podman.
func (v apiVersion) podman() bool {
	for _, component := range v.Components {
		if strings.HasPrefix(component.Name, "Podman") {
			return true
		}
	}
	return false
}

// apiInfo is the answer of GET /info.
type apiInfo struct {
	ServerVersion   string
	Driver          string
	OperatingSystem string
	OSType          string
	Architecture    string
	KernelVersion   string
	CgroupDriver    string
	CgroupVersion   string
	DefaultRuntime  string
	DockerRootDir   string
	Name            string
	NCPU            int
	MemTotal        int64
	Swarm           struct {
		LocalNodeState   string
		ControlAvailable bool
	}
}

// apiContainer is one element of GET /containers/json.
type apiContainer struct {
	ID              string
	Names           []string
	Image           string
	ImageID         string
	Created         int64
	State           string
	Status          string
	Ports           []apiPort
	Labels          map[string]string
	Mounts          []apiMount
	Health          *struct{ Status string } // from API 1.52 on
	SizeRw          *int64                   // in /system/df
	SizeRootFs      *int64                   // in /system/df
	NetworkSettings struct {
		Networks map[string]*struct {
			IPAddress         string
			GlobalIPv6Address string
		}
	}
}

type apiPort struct {
	IP          string
	PrivatePort uint16
	PublicPort  uint16
	Type        string
}

type apiMount struct {
	Type        string
	Name        string
	Source      string
	Destination string
	RW          bool
}

// name returns the container's own name; links add further ones with a second
// slash.
func (c apiContainer) name() string {
	for _, name := range c.Names {
		if name = strings.TrimPrefix(name, "/"); name != "" && !strings.Contains(name, "/") {
			return name
		}
	}
	return shortID(c.ID)
}

// apiInspect is the answer of GET /containers/{id}/json.
type apiInspect struct {
	ID           string
	Created      time.Time
	RestartCount int64
	State        struct {
		Status     string
		ExitCode   int
		OOMKilled  bool
		Error      string
		StartedAt  time.Time
		FinishedAt time.Time
		Health     *struct {
			Status        string
			FailingStreak int
			Log           []struct {
				ExitCode int
				Output   string
			}
		}
	}
	Config struct {
		Image string
	}
	HostConfig struct {
		RestartPolicy struct {
			Name              string
			MaximumRetryCount int
		}
		NetworkMode string
		Memory      int64
		NanoCpus    int64
		CPUQuota    int64
		CPUPeriod   int64
		Privileged  bool
	}
}

// apiStats is the answer of GET /containers/{id}/stats.
type apiStats struct {
	Read      time.Time   `json:"read"`
	CPU       apiCPU      `json:"cpu_stats"`
	Memory    apiMemory   `json:"memory_stats"`
	Block     apiBlock    `json:"blkio_stats"`
	Pids      apiPids     `json:"pids_stats"`
	Processes int64       `json:"num_procs"`     // Windows
	Storage   apiStorage  `json:"storage_stats"` // Windows
	Networks  apiNetworks `json:"networks"`
	OSType    string      `json:"os_type"` // from API 1.52 on
}

type apiCPU struct {
	Usage struct {
		Total  uint64   `json:"total_usage"`
		PerCPU []uint64 `json:"percpu_usage"`
		Kernel uint64   `json:"usage_in_kernelmode"`
		User   uint64   `json:"usage_in_usermode"`
	} `json:"cpu_usage"`
	System     uint64 `json:"system_cpu_usage"`
	Throttling struct {
		Periods          uint64 `json:"periods"`
		ThrottledPeriods uint64 `json:"throttled_periods"`
		ThrottledTime    uint64 `json:"throttled_time"`
	} `json:"throttling_data"`
}

type apiMemory struct {
	Usage             *uint64           `json:"usage"`
	Limit             uint64            `json:"limit"`
	Stats             map[string]uint64 `json:"stats"`
	PrivateWorkingSet *uint64           `json:"privateworkingset"` // Windows
	Commit            *uint64           `json:"commitbytes"`       // Windows
}

type apiBlock struct {
	Bytes      []apiBlockEntry `json:"io_service_bytes_recursive"`
	Operations []apiBlockEntry `json:"io_serviced_recursive"`
}

type apiBlockEntry struct {
	Op    string `json:"op"`
	Value uint64 `json:"value"`
}

type apiPids struct {
	Current *uint64 `json:"current"`
	Limit   uint64  `json:"limit"`
}

type apiStorage struct {
	ReadCount  *uint64 `json:"read_count_normalized"`
	ReadBytes  *uint64 `json:"read_size_bytes"`
	WriteCount *uint64 `json:"write_count_normalized"`
	WriteBytes *uint64 `json:"write_size_bytes"`
}

type apiNetworks map[string]apiTraffic

type apiTraffic struct {
	RxBytes   uint64 `json:"rx_bytes"`
	RxPackets uint64 `json:"rx_packets"`
	RxErrors  uint64 `json:"rx_errors"`
	RxDropped uint64 `json:"rx_dropped"`
	TxBytes   uint64 `json:"tx_bytes"`
	TxPackets uint64 `json:"tx_packets"`
	TxErrors  uint64 `json:"tx_errors"`
	TxDropped uint64 `json:"tx_dropped"`
}

// apiImage is one element of GET /images/json and of the images of /system/df.
type apiImage struct {
	ID         string
	RepoTags   []string
	Created    int64
	Size       int64
	SharedSize int64
	Containers int64
}

// apiVolumes is the answer of GET /volumes.
type apiVolumes struct {
	Volumes []apiVolume
}

type apiVolume struct {
	Name       string
	Driver     string
	Mountpoint string
	UsageData  *struct {
		Size     int64
		RefCount int64
	}
}

// apiNetwork is one element of GET /networks.
type apiNetwork struct {
	ID       string
	Name     string
	Driver   string
	Scope    string
	Internal bool
	IPAM     struct {
		Config []struct{ Subnet string }
	}
}

// apiBuildRecord is one build cache record of /system/df.
type apiBuildRecord struct {
	InUse  bool
	Shared bool
	Size   int64
}

// apiUsage is the answer of GET /system/df: lists up to API 1.52, sums with
// lists from 1.52 on.
type apiUsage struct {
	LayersSize int64
	Images     []apiImage
	Containers []apiContainer
	Volumes    []apiVolume
	BuildCache []apiBuildRecord

	ImageUsage      *apiUsageOf[apiImage]
	ContainerUsage  *apiUsageOf[apiContainer]
	VolumeUsage     *apiUsageOf[apiVolume]
	BuildCacheUsage *apiUsageOf[apiBuildRecord]
}

type apiUsageOf[T any] struct {
	TotalSize   int64
	Reclaimable int64
	Items       []T
}

// apiService is one element of GET /services?status=true.
type apiService struct {
	ID   string
	Spec struct {
		Name string
		Mode struct {
			Replicated *struct{ Replicas *uint64 }
			Global     *struct{}
		}
		TaskTemplate struct {
			ContainerSpec struct{ Image string }
		}
	}
	ServiceStatus *struct {
		RunningTasks uint64
		DesiredTasks uint64
	}
}

// apiNode is one element of GET /nodes.
type apiNode struct {
	ID          string
	Description struct {
		Hostname string
		Engine   struct{ EngineVersion string }
	}
	Spec struct {
		Role         string
		Availability string
	}
	Status struct {
		State string
		Addr  string
	}
	ManagerStatus *struct{ Leader bool }
}

// apiEvent is one line of GET /events.
type apiEvent struct {
	Type   string
	Action string
	Actor  struct {
		ID         string
		Attributes map[string]string
	}
	Time     int64  `json:"time"`
	TimeNano int64  `json:"timeNano"`
	Health   string `json:"HealthStatus"` // Podman
}

// decodeEvent reads one line of the event stream.
func decodeEvent(line []byte) (apiEvent, error) {
	var e apiEvent
	if err := json.Unmarshal(line, &e); err != nil {
		return apiEvent{}, err
	}
	if e.TimeNano == 0 {
		e.TimeNano = e.Time * int64(time.Second)
	}
	return e, nil
}

// shortID returns the twelve digits that people know an object by.
func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}
