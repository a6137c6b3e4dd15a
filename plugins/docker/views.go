package docker

import "time"

// The types of this file are the rows of the snapshot's tables.

type engineView struct {
	Endpoint   string `json:"endpoint"`
	Runtime    string `json:"runtime"`
	Version    string `json:"version,omitempty"`
	API        string `json:"api,omitempty"`
	OS         string `json:"os,omitempty"`
	Kernel     string `json:"kernel,omitempty"`
	Arch       string `json:"arch,omitempty"`
	Driver     string `json:"driver,omitempty"`
	Cgroup     string `json:"cgroup,omitempty"`
	CPUs       int    `json:"cpus,omitempty"`
	Memory     int64  `json:"memory,omitempty"`
	DataFolder string `json:"data_folder,omitempty"`
	Swarm      string `json:"swarm,omitempty"`
}

type containerView struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Image         string        `json:"image"`
	ImageID       string        `json:"image_id,omitempty"`
	Project       string        `json:"project,omitempty"`
	Service       string        `json:"service,omitempty"`
	State         string        `json:"state"`
	Status        string        `json:"status"` // state, health and exit code in words
	Health        string        `json:"health,omitempty"`
	HealthLog     string        `json:"health_log_tail,omitempty"`
	Problem       string        `json:"problem,omitempty"`
	Created       *time.Time    `json:"created,omitempty"`
	Started       *time.Time    `json:"started,omitempty"`
	Finished      *time.Time    `json:"finished,omitempty"`
	Restarts      *int64        `json:"restarts,omitempty"`
	RestartPolicy string        `json:"restart_policy,omitempty"`
	ExitCode      *int          `json:"exit_code,omitempty"`
	OOM           bool          `json:"oom,omitempty"`
	Privileged    bool          `json:"privileged,omitempty"`
	Ports         []string      `json:"ports,omitempty"`
	Networks      []addressView `json:"networks,omitempty"`
	Mounts        []string      `json:"mounts,omitempty"`

	CPU      *float64 `json:"cpu,omitempty"` // cores
	CPULimit *float64 `json:"cpu_limit,omitempty"`
	Memory   *float64 `json:"memory,omitempty"`
	Limit    *float64 `json:"limit,omitempty"`
	RxBPS    *float64 `json:"rx_bps,omitempty"` // bytes per second
	TxBPS    *float64 `json:"tx_bps,omitempty"`
	ReadBPS  *float64 `json:"read_bps,omitempty"`
	WriteBPS *float64 `json:"write_bps,omitempty"`
	PIDs     *float64 `json:"pids,omitempty"`
}

type addressView struct {
	Name string `json:"name"`
	IP   string `json:"ip,omitempty"`
}

type imageView struct {
	ID       string     `json:"id"`
	Tags     []string   `json:"tags"`
	Size     int64      `json:"size"`
	Created  *time.Time `json:"created,omitempty"`
	InUse    int        `json:"in_use"` // containers
	Dangling bool       `json:"dangling"`
}

type volumeView struct {
	Name       string `json:"name"`
	Driver     string `json:"driver"`
	Mountpoint string `json:"mountpoint"`
	Size       *int64 `json:"size,omitempty"`
	Refs       int    `json:"refs"` // containers
}

type networkView struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Driver     string   `json:"driver"`
	Scope      string   `json:"scope"`
	Subnets    []string `json:"subnets,omitempty"`
	Containers int      `json:"containers"`
}

type usageView struct {
	Type        string `json:"type"`
	Size        int64  `json:"size"`
	Reclaimable int64  `json:"reclaimable"`
}

type serviceView struct {
	Name    string  `json:"name"`
	Image   string  `json:"image"`
	Mode    string  `json:"mode"`
	Running *uint64 `json:"running,omitempty"`
	Desired *uint64 `json:"desired,omitempty"`
}

type nodeView struct {
	Name         string `json:"name"`
	Role         string `json:"role"`
	State        string `json:"state"`
	Availability string `json:"availability"`
	Address      string `json:"address"`
	Version      string `json:"version"`
	Leader       bool   `json:"leader"`
}
