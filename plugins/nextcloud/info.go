package nextcloud

import (
	"encoding/json"

	"github.com/unity-homelab/unity/plugin/lenient"
)

// info is what the app serverinfo tells. Versions differ in what they have, and
// PHP writes an empty object as a list.
type info struct {
	Nextcloud struct {
		System  system            `json:"system"`
		Storage map[string]amount `json:"storage"`
		Shares  map[string]amount `json:"shares"`
	} `json:"nextcloud"`
	Server struct {
		Webserver string            `json:"webserver"`
		PHP       php               `json:"php"`
		FPM       lenient.Part[fpm] `json:"fpm"`
		Database  struct {
			Type    string `json:"type"`
			Version string `json:"version"`
			Size    amount `json:"size"`
		} `json:"database"`
	} `json:"server"`
	Active map[string]amount `json:"activeUsers"`
}

// amount is a number of things. What is below 0 is not known, and what is as large
// as this has no bound.
type amount struct{ lenient.Number }

const boundless = 1e18

// value returns the amount, or nil.
func (a amount) value() *float64 {
	if value, known := a.Get(); !known || value < 0 || value >= boundless {
		return nil
	}
	return a.Pointer()
}

// IsZero reports whether the amount is not known.
func (a amount) IsZero() bool { return a.value() == nil }

// MarshalJSON implements json.Marshaler.
func (a amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.value()) }

type system struct {
	Version     string                 `json:"version"`
	FreeSpace   amount                 `json:"freespace"`
	Load        lenient.Part[[]amount] `json:"cpuload"`
	Threads     amount                 `json:"cpunum"`
	MemoryTotal amount                 `json:"mem_total"`
	MemoryFree  amount                 `json:"mem_free"`
	SwapTotal   amount                 `json:"swap_total"`
	SwapFree    amount                 `json:"swap_free"`
	Local       string                 `json:"memcache.local"`
	Distributed string                 `json:"memcache.distributed"`
	Locking     string                 `json:"memcache.locking"`
	FileLocking string                 `json:"filelocking.enabled"`
	Debug       string                 `json:"debug"`
	Apps        lenient.Part[apps]     `json:"apps"`
	Update      lenient.Part[update]   `json:"update"`
}

type apps struct {
	Installed amount                          `json:"num_installed"`
	Available amount                          `json:"num_updates_available"`
	Updates   lenient.Part[map[string]string] `json:"app_updates"`
}

type update struct {
	Available lenient.Part[bool] `json:"available"`
	Version   string             `json:"available_version"`
}

type php struct {
	Version       string                `json:"version"`
	MemoryLimit   amount                `json:"memory_limit"`
	ExecutionTime amount                `json:"max_execution_time"`
	UploadMaximum amount                `json:"upload_max_filesize"`
	OPcache       lenient.Part[opcache] `json:"opcache"`
	APCu          lenient.Part[apcu]    `json:"apcu"`
}

type opcache struct {
	Enabled *bool `json:"opcache_enabled"`
	Full    *bool `json:"cache_full"`
	Memory  struct {
		Used   amount `json:"used_memory"`
		Free   amount `json:"free_memory"`
		Wasted amount `json:"wasted_memory"`
	} `json:"memory_usage"`
	Statistics struct {
		Hits     amount `json:"hits"`
		Misses   amount `json:"misses"`
		Restarts amount `json:"oom_restarts"`
	} `json:"opcache_statistics"`
}

type apcu struct {
	Cache lenient.Part[struct {
		Hits   amount `json:"num_hits"`
		Misses amount `json:"num_misses"`
	}] `json:"cache"`
	Memory lenient.Part[struct {
		Segments  amount `json:"num_seg"`
		Size      amount `json:"seg_size"`
		Available amount `json:"avail_mem"`
	}] `json:"sma"`
}

type fpm struct {
	Active  amount `json:"active-processes"`
	Total   amount `json:"total-processes"`
	Queue   amount `json:"listen-queue"`
	Reached amount `json:"max-children-reached"`
	Slow    amount `json:"slow-requests"`
}
