// Package sourcefile keeps what unity.yaml says of sources and what is stored of
// them together, whichever side was changed.
//
// The file has a list under the key sources. Neither side owns a source: what was
// agreed on the last time is remembered, so that a difference tells which side
// changed. A change of the file is applied, a change of the other side is written
// into the file, and a change of both waits for a person to decide.
package sourcefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/plugin"
)

// Entry is a source as it is written.
type Entry struct {
	ID       string         `yaml:"id"`
	Plugin   string         `yaml:"plugin"`
	Name     string         `yaml:"name,omitempty"`
	Enabled  *bool          `yaml:"enabled,omitempty"`
	Interval string         `yaml:"interval,omitempty"`
	Timeout  string         `yaml:"timeout,omitempty"`
	Tags     []string       `yaml:"tags,omitempty,flow"`
	Config   map[string]any `yaml:"config,omitempty"`

	line int
}

// Bounds of what is read.
const (
	maxFile    = 4 << 20
	maxEntries = 5000
)

// Parse returns the list under the key sources of a file. Whatever else is in the
// file is not looked at. The error is a fault of kind Config with every problem.
func Parse(text []byte) ([]Entry, error) {
	if len(text) > maxFile {
		return nil, fault.New(fault.Config, "the file is longer than %d bytes", maxFile)
	}
	list, err := listOf(text)
	if err != nil || list == nil {
		return nil, err
	}
	if len(list.Content) > maxEntries {
		return nil, sources.Invalid{{Path: "sources", Message: fmt.Sprintf("must be at most %d", maxEntries)}}
	}
	var found sources.Invalid
	var entries []Entry
	seen := make(map[string]bool)
	for n, node := range list.Content {
		path := fmt.Sprintf("sources[%d]", n)
		entry, err := decode(node)
		switch {
		case err != nil:
			found = append(found, sources.Problem{Path: path, Message: fmt.Sprintf("line %d: %s", node.Line, err)})
		case entry.ID == "":
			found = append(found, sources.Problem{Path: path + ".id", Message: fmt.Sprintf("line %d: must be given", node.Line)})
		case seen[entry.ID]:
			found = append(found, sources.Problem{Path: path + ".id", Message: fmt.Sprintf("line %d: %q is there twice", node.Line, entry.ID)})
		default:
			seen[entry.ID] = true
			entries = append(entries, entry)
		}
	}
	if len(found) > 0 {
		return nil, found
	}
	return entries, nil
}

func listOf(text []byte) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fault.As(fault.Config, err, "reading the YAML").WithHint("check the indentation, and quotes around values with a colon")
	}
	list := member(&document, "sources")
	switch {
	case list == nil || list.Kind == yaml.ScalarNode && list.Tag == "!!null":
		return nil, nil //nolint:nilnil // a file without sources is the usual case, and no fault
	case list.Kind != yaml.SequenceNode:
		return nil, sources.Invalid{{Path: "sources", Message: fmt.Sprintf("line %d: must be a list", list.Line)}}
	}
	return list, nil
}

// member returns the value of a key of the document's mapping; nil for none.
func member(document *yaml.Node, key string) *yaml.Node {
	if document.Kind != yaml.DocumentNode || len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	top := document.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value == key {
			return top.Content[i+1]
		}
	}
	return nil
}

// decode reads an entry; an unknown key is refused.
func decode(node *yaml.Node) (Entry, error) {
	text, err := yaml.Marshal(node)
	if err != nil {
		return Entry{}, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	entry := Entry{line: node.Line}
	if err := decoder.Decode(&entry); err != nil && !errors.Is(err, io.EOF) {
		if types := (*yaml.TypeError)(nil); errors.As(err, &types) && len(types.Errors) > 0 {
			return Entry{}, errors.New(types.Errors[0])
		}
		return Entry{}, err
	}
	return entry, nil
}

// draft returns what an entry asks for. A secret that is written as stars is the
// stored one.
func (e Entry) draft(p plugin.Plugin, stored json.RawMessage) (sources.Draft, error) {
	config, err := json.Marshal(e.Config)
	if err != nil {
		return sources.Draft{}, sources.Invalid{{Path: "config", Message: "must have texts for keys"}}
	}
	if e.Config == nil {
		config = json.RawMessage("{}")
	}
	draft := sources.Draft{
		Plugin: p.ID(), ID: inventory.SourceID(e.ID), Name: e.Name, Enabled: e.Enabled == nil || *e.Enabled, Tags: e.Tags,
		Config: full(p, p.Unredact(stored, config)), Origin: inventory.File,
	}
	if draft.Name == "" {
		draft.Name = p.Manifest().Name
	}
	var found sources.Invalid
	for _, span := range []struct {
		path, text string
		into       *time.Duration
	}{{"interval", e.Interval, &draft.Interval}, {"timeout", e.Timeout, &draft.Timeout}} {
		var parsed plugin.Duration
		if span.text == "" {
			continue
		}
		if err := parsed.UnmarshalText([]byte(span.text)); err != nil {
			found = append(found, sources.Problem{Path: span.path, Message: err.Error()})
		}
		*span.into = time.Duration(parsed)
	}
	if len(found) > 0 {
		return draft, found
	}
	return draft, nil
}

// EntryOf returns a stored source as it is written: without what is a default
// anyway, and with stars for secrets that are kept by Unity. It reports whether
// there are such secrets.
func EntryOf(p plugin.Plugin, source inventory.Source) (entry Entry, secrets bool) {
	m := p.Manifest()
	entry = Entry{ID: string(source.ID), Plugin: source.Plugin, Tags: source.Tags}
	if source.Name != m.Name {
		entry.Name = source.Name
	}
	if !source.Enabled {
		entry.Enabled = new(bool)
	}
	if source.Interval != 0 {
		entry.Interval = source.Interval.String()
	}
	if source.Timeout != 0 {
		entry.Timeout = source.Timeout.String()
	}
	shown := p.ReplaceSecrets(full(p, source.Config), func(secret string) string {
		if secret == "" {
			return secret
		}
		secrets = true
		return stars
	})
	config, defaults := object(shown), object(p.Defaults())
	for key, value := range config {
		if usual, there := defaults[key]; there && reflect.DeepEqual(usual, value) {
			delete(config, key)
		}
	}
	if len(config) > 0 {
		entry.Config = config
	}
	return entry, secrets
}

// stars stand for a secret that is not written down.
const stars = "********"

// full returns a config with the defaults that it leaves out.
func full(p plugin.Plugin, config json.RawMessage) json.RawMessage {
	given := object(config)
	if given == nil {
		return config // whoever validates it says what is wrong
	}
	out, err := json.Marshal(merged(object(p.Defaults()), given))
	if err != nil {
		return config
	}
	return out
}

func merged(under, over map[string]any) map[string]any {
	all := maps.Clone(under)
	if all == nil {
		all = make(map[string]any)
	}
	for key, value := range over {
		inner, isObject := value.(map[string]any)
		below, wasObject := all[key].(map[string]any)
		if isObject && wasObject {
			value = merged(below, inner)
		}
		all[key] = value
	}
	return all
}

func object(text json.RawMessage) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value map[string]any
	if decoder.Decode(&value) != nil {
		return nil
	}
	for key, each := range value {
		value[key] = plain(each)
	}
	return value
}

// plain makes numbers of JSON such as YAML writes and reads them.
func plain(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole
		}
		if broken, err := value.Float64(); err == nil {
			return broken
		}
		return value.String()
	case map[string]any:
		for key, each := range value {
			value[key] = plain(each)
		}
		return value
	case []any:
		for i, each := range value {
			value[i] = plain(each)
		}
		return value
	default:
		return value
	}
}

// canonical is a source as it is compared.
func canonical(p plugin.Plugin, draft sources.Draft) string {
	tags := slices.Clone(draft.Tags)
	slices.Sort(tags)
	if tags == nil {
		tags = []string{}
	}
	text, err := json.Marshal(map[string]any{
		"plugin": p.ID(), "name": draft.Name, "enabled": draft.Enabled, "interval": draft.Interval.String(), "timeout": draft.Timeout.String(),
		"tags": tags, "config": object(full(p, draft.Config)),
	})
	if err != nil {
		return ""
	}
	return string(text)
}

func draftOf(source inventory.Source) sources.Draft {
	return sources.Draft{
		Plugin: source.Plugin, ID: source.ID, Name: source.Name, Enabled: source.Enabled, Interval: source.Interval,
		Timeout: source.Timeout, Tags: source.Tags, Config: source.Config, Origin: source.Origin,
	}
}
