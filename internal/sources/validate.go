package sources

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

// Problem is one thing that is wrong with a source.
type Problem struct {
	Path    string // config.url, interval_seconds
	Message string
}

// Invalid is everything that is wrong with a source, as one error of kind
// Config.
type Invalid []Problem

// Error lists the problems.
func (i Invalid) Error() string {
	lines := make([]string, len(i))
	for n, problem := range i {
		lines[n] = problem.Path + ": " + problem.Message
	}
	return strings.Join(lines, "; ")
}

// As makes fault.Of see an Invalid as a fault of kind Config.
func (i Invalid) As(target any) bool {
	if e, ok := target.(**fault.Error); ok {
		*e = fault.New(fault.Config, "%s", i.Error())
		return true
	}
	return false
}

const (
	maxID   = 64
	maxName = 100
	maxTags = 20
)

var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// validate returns every problem with a source as Invalid, or nil.
func validate(p plugin.Plugin, source inventory.Source) error {
	var found Invalid
	report := func(path, format string, args ...any) {
		found = append(found, Problem{path, fmt.Sprintf(format, args...)})
	}
	if !slug.MatchString(string(source.ID)) || len(source.ID) > maxID {
		report("id", "must be 1 to %d small letters, digits, - and _, and begin with a letter or digit", maxID)
	}
	if strings.TrimSpace(source.Name) == "" || utf8.RuneCountInString(source.Name) > maxName {
		report("name", "must have 1 to %d characters", maxName)
	}
	if source.Interval != 0 && (source.Interval < schedule.MinInterval || source.Interval > schedule.MaxInterval) {
		report("interval_seconds", "must be between %v and %v", schedule.MinInterval.Seconds(), schedule.MaxInterval.Seconds())
	}
	if source.Timeout < 0 || source.Timeout > schedule.MaxInterval {
		report("timeout_seconds", "must be between 0 and %v", schedule.MaxInterval.Seconds())
	}
	if len(source.Tags) > maxTags {
		report("tags", "must be at most %d", maxTags)
	}
	for n, tag := range source.Tags {
		if tag == "" || len(tag) > maxID {
			report(fmt.Sprintf("tags.%d", n), "must have 1 to %d characters", maxID)
		}
	}
	found = append(found, configProblems(p.Validate(source.Config))...)
	if len(found) > 0 {
		return found
	}
	return nil
}

// Validate returns every problem with what would be created, as Invalid, or nil.
func (s *Service) Validate(draft Draft) error {
	p, err := s.Plugin(draft.Plugin)
	if err != nil {
		return Invalid{{Path: "plugin", Message: err.Error()}}
	}
	return validate(p, inventory.Source{
		ID: draft.ID, Plugin: p.ID(), Name: draft.Name, Config: cmpRaw(draft.Config), Interval: draft.Interval, Timeout: draft.Timeout, Tags: draft.Tags,
	})
}

// configProblems gives the problems of a config their place in the source.
func configProblems(err error) Invalid {
	if err == nil {
		return nil
	}
	config, ok := errors.AsType[*plugin.ConfigError](err)
	if !ok {
		return Invalid{{Path: "config", Message: err.Error()}}
	}
	var found Invalid
	for _, problem := range config.Problems {
		path := "config"
		if problem.Path != "" {
			path += "." + problem.Path
		}
		found = append(found, Problem{path, problem.Message})
	}
	return found
}

// freeID makes an ID that no source has: the plugin's, then with the name, then
// with a number.
func (s *Service) freeID(pluginID, name string) inventory.SourceID {
	candidates := []string{pluginID}
	if suffix := slugOf(name); suffix != "" {
		candidates = append(candidates, pluginID+"-"+suffix)
	}
	for _, candidate := range candidates {
		id := inventory.SourceID(candidate[:min(len(candidate), maxID)])
		if _, err := s.Get(id); err != nil {
			return id
		}
	}
	for n := 2; ; n++ {
		id := inventory.SourceID(fmt.Sprintf("%s-%d", pluginID, n))
		if _, err := s.Get(id); err != nil {
			return id
		}
	}
}

func slugOf(name string) string {
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		default:
			return '-'
		}
	}, strings.ToLower(name))
	return strings.Trim(strings.Join(strings.FieldsFunc(mapped, func(r rune) bool { return r == '-' }), "-"), "-")
}

// group returns the host that a source talks to, so that one host is not asked
// by everybody at once; empty when the config names none.
func group(config json.RawMessage) string {
	var target struct {
		URL      string `json:"url"`
		Endpoint string `json:"endpoint"`
		Host     string `json:"host"`
		Address  string `json:"address"`
	}
	// A config with other types under these names talks to no single host.
	if err := json.Unmarshal(config, &target); err != nil {
		return ""
	}
	for _, address := range []string{target.URL, target.Endpoint, target.Host, target.Address} {
		if parsed, err := url.Parse(address); err == nil && parsed.Hostname() != "" {
			return parsed.Hostname()
		}
		if address != "" && !strings.Contains(address, "/") {
			return strings.Split(address, ":")[0]
		}
	}
	return ""
}

// timeoutOf bounds a trial: the source's own timeout, at most a minute.
func timeoutOf(p plugin.Plugin, source inventory.Source) time.Duration {
	timeout := p.Manifest().Timeout
	if source.Timeout > 0 {
		timeout = source.Timeout
	}
	return min(timeout, time.Minute)
}
