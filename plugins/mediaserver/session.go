package mediaserver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// How somebody is served, where they are, and what they do.
const (
	directPlay   = "direct_play"
	directStream = "direct_stream"
	transcode    = "transcode"

	atHome = "local"
	remote = "remote"

	playing   = "playing"
	paused    = "paused"
	buffering = "buffering"
)

func states() []string    { return []string{playing, paused, buffering} }
func methods() []string   { return []string{directPlay, directStream, transcode} }
func locations() []string { return []string{atHome, remote} }
func types() []string     { return []string{"movie", "episode", "track", "live", "other"} }

// session is somebody who is watching or listening.
type session struct {
	id string

	User     string   `json:"user,omitempty"`
	Title    string   `json:"title,omitempty"`
	Subtitle string   `json:"subtitle,omitempty"`
	Type     string   `json:"type"`
	State    string   `json:"state"`
	Method   string   `json:"method"`
	Reasons  []string `json:"reason,omitempty"`
	Progress *float64 `json:"progress,omitempty"`
	Client   string   `json:"client,omitempty"`
	Device   string   `json:"device,omitempty"`
	Address  string   `json:"address,omitempty"`
	Location string   `json:"location,omitempty"`
	// Bandwidth is in bits per second.
	Bandwidth *float64 `json:"bandwidth_bps,omitempty"`
	Video     video    `json:"video,omitzero"`
	Hardware  bool     `json:"hw"`
	// Speed is how much faster than it is watched a transcode is made, where it is
	// not held back.
	Speed *float64 `json:"speed,omitempty"`
}

// video says what becomes of the picture.
type video struct {
	From       string `json:"from,omitempty"`
	To         string `json:"to,omitempty"`
	Resolution string `json:"resolution,omitempty"`
}

// reasons are a list of words, or words with commas between them.
type reasons []string

// UnmarshalJSON implements json.Unmarshaler.
func (r *reasons) UnmarshalJSON(raw []byte) error {
	for word := range strings.FieldsFuncSeq(string(raw), func(c rune) bool { return strings.ContainsRune(`[]", `, c) }) {
		if word != "null" && len(*r) < 10 {
			*r = append(*r, plugin.Shorten(word, 60))
		}
	}
	return nil
}

// typeOf is the kind of what is watched, of which there are few.
func typeOf(said string, live bool) string {
	said = strings.ToLower(said)
	switch {
	case live, slices.Contains([]string{"tvchannel", "livetvchannel", "program", "tvprogram", "livetvprogram"}, said):
		return "live"
	case said == "audio":
		return "track"
	case slices.Contains([]string{"movie", "episode", "track"}, said):
		return said
	default:
		return "other"
	}
}

// progressOf is how far somebody has come.
func progressOf(at, whole lenient.Amount) *float64 {
	if at.Pointer() == nil || whole.Or(0) == 0 {
		return nil
	}
	ratio := min(1, *at.Pointer() / *whole.Pointer())
	return &ratio
}

// words is a method as a person reads it.
func words(method string) string { return strings.ReplaceAll(method, "_", " ") }

// name is what somebody watches, in one line.
func (s session) name() string {
	if s.Subtitle == "" {
		return s.Title
	}
	return s.Title + ", " + s.Subtitle
}

// anonymous takes away who it is and what is watched.
func (s session) anonymous() session {
	s.User, s.Title, s.Subtitle, s.Device, s.Address = "", "", "", "", ""
	return s
}

// emitSessions makes samples of who is watching. Every state and method is told,
// so that nobody watching is 0 and not absent.
func emitSessions(all []session, out *plugin.Batch) {
	count := func(metric, label string, known []string, of func(session) string) {
		for _, word := range known {
			n := 0
			for _, s := range all {
				if of(s) == word {
					n++
				}
			}
			out.Add(metric, float64(n), label, word)
		}
	}
	count("media_server_sessions", "state", states(), func(s session) string { return s.State })
	count("media_server_streams", "method", methods(), func(s session) string { return s.Method })
	count("media_server_streams_by_location", "location", locations(), func(s session) string { return s.Location })
	count("media_server_streams_by_type", "media_type", types(), func(s session) string { return s.Type })
	hardware := 0
	var slowest *float64
	for _, s := range all {
		if s.Hardware {
			hardware++
		}
		if s.Speed != nil && (slowest == nil || *s.Speed < *slowest) {
			slowest = s.Speed
		}
	}
	out.Add("media_server_transcodes_hardware", float64(hardware))
	if slowest != nil {
		out.Add("media_server_transcode_speed_min_ratio", *slowest)
	}
	for _, location := range locations() {
		sum := 0.0
		for _, s := range all {
			if s.Location == location && s.Bandwidth != nil {
				sum += *s.Bandwidth
			}
		}
		out.Add("media_server_stream_bandwidth_bits_per_second", sum, "location", location)
	}
}

// sortSessions puts those first that give the server most to do.
func sortSessions(all []session) {
	slices.SortStableFunc(all, func(a, b session) int {
		return cmp.Or(
			cmp.Compare(slices.Index(methods(), b.Method), slices.Index(methods(), a.Method)),
			cmp.Compare(a.User, b.User), cmp.Compare(a.id, b.id),
		)
	})
}
