package syncthing

import "time"

// What Syncthing answers, as far as it matters here.

type systemStatus struct {
	ID         string `json:"myID"`
	Uptime     *float64
	Alloc      *float64
	Goroutines *float64
	Listeners  map[string]service `json:"connectionServiceStatus"`
	Discovery  map[string]service `json:"discoveryStatus"`
	Dialled    map[string]service `json:"lastDialStatus"`
}

// service is something that works as long as it says no error.
type service struct {
	Error *string
}

func (s service) ok() bool { return s.Error == nil || *s.Error == "" }

func (s service) why() string {
	if s.ok() {
		return ""
	}
	return shorten(*s.Error)
}

type systemVersion struct{ Version, OS, Arch string }

type folderConfig struct {
	ID, Label, Path, Type string
	Paused                bool
	Devices               []struct {
		ID string `json:"deviceID"`
	}
}

func (f folderConfig) name() string {
	if f.Label != "" {
		return f.Label
	}
	return f.ID
}

type deviceConfig struct {
	ID        string `json:"deviceID"`
	Name      string
	Paused    bool
	Addresses []string
}

func (d deviceConfig) name() string {
	if d.Name != "" {
		return d.Name
	}
	return short(d.ID)
}

type connections struct {
	Connections map[string]connection
	Total       struct {
		In  *float64 `json:"inBytesTotal"`
		Out *float64 `json:"outBytesTotal"`
	}
}

type connection struct {
	Connected     bool
	Address, Type string
	Version       string  `json:"clientVersion"`
	In            float64 `json:"inBytesTotal"`
	Out           float64 `json:"outBytesTotal"`
	Local         *bool   `json:"isLocal"`
}

type deviceStats map[string]struct{ LastSeen time.Time }

type folderStats map[string]struct {
	LastScan time.Time
	LastFile struct {
		At       time.Time
		Filename string
		Deleted  bool
	}
}

// folderStatus is what is known of a folder, and when it was asked for.
type folderStatus struct {
	State   string
	Changed time.Time `json:"stateChanged"`
	Error   string

	GlobalBytes, LocalBytes, InSyncBytes, NeedBytes float64
	GlobalFiles, LocalFiles, Errors                 float64
	NeedItems                                       float64  `json:"needTotalItems"`
	ReceiveOnly                                     *float64 `json:"receiveOnlyTotalItems"`

	asked  time.Time
	faults []fileError
}

// fileError is a file that could not be synced.
type fileError struct {
	Folder string `json:"folder"`
	Path   string `json:"path"`
	Error  string `json:"error"`
}

// completion is how much a device has of what is shared with it.
type completion struct {
	Completion             float64
	GlobalBytes, NeedBytes float64

	asked time.Time
}

type pendingDevice struct {
	Time    time.Time
	Name    string
	Address string
}

type pendingFolder struct {
	OfferedBy map[string]struct {
		Time  time.Time
		Label string
	}
}

type systemErrors struct {
	Errors []struct {
		When    time.Time
		Message string
	}
}
