package sourcefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/unity-homelab/unity/fault"
)

// secretNote is written above an entry with secrets.
const secretNote = "Stars stand for a secret that Unity keeps; env:NAME and file:/path say where one is."

// written is an entry with what is told about it.
type written struct {
	Entry
	secrets bool
}

// Format returns entries as a file of their own.
func Format(entries []Entry, secrets map[string]bool) ([]byte, error) {
	list := make([]written, len(entries))
	for i, entry := range entries {
		list[i] = written{entry, secrets[entry.ID]}
	}
	return edit(nil, list, nil)
}

// edit returns a file in which some entries are replaced or added, and others
// removed. Everything else stays, comments included.
func edit(text []byte, set []written, remove []string) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fault.As(fault.Config, err, "reading the YAML")
	}
	if document.Kind == 0 { // an empty file
		document = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map"}}}
	}
	if document.Content[0].Kind != yaml.MappingNode {
		return nil, fault.New(fault.Config, "the file is no list of keys and values")
	}
	list := member(&document, "sources")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		document.Content[0].Content = append(document.Content[0].Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "sources"}, list)
	}
	if list.Kind != yaml.SequenceNode {
		*list = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	}
	if list.Style == yaml.FlowStyle && len(list.Content) == 0 {
		list.Style = 0
	}
	gone := make(map[string]bool)
	for _, id := range remove {
		gone[id] = true
	}
	kept := list.Content[:0]
	for _, node := range list.Content {
		if !gone[idOf(node)] {
			kept = append(kept, node)
		}
	}
	list.Content = kept
	for _, entry := range set {
		var node yaml.Node
		if err := node.Encode(entry.Entry); err != nil {
			return nil, fault.As(fault.Internal, err, "writing source %s", entry.ID)
		}
		put(list, entry, &node)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(&document), encoder.Close()); err != nil {
		return nil, fault.As(fault.Internal, err, "writing the YAML")
	}
	return out.Bytes(), nil
}

// put replaces the entry of the same ID, whose comments stay, or adds one.
func put(list *yaml.Node, entry written, node *yaml.Node) {
	for i, old := range list.Content {
		if idOf(old) == entry.ID {
			node.HeadComment, node.LineComment, node.FootComment = old.HeadComment, old.LineComment, old.FootComment
			list.Content[i] = node
			return
		}
	}
	if entry.secrets {
		node.HeadComment = secretNote
	}
	list.Content = append(list.Content, node)
}

func idOf(node *yaml.Node) string {
	if node.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == "id" {
			return node.Content[i+1].Value
		}
	}
	return ""
}

// replace puts text in the place of a file that still has what was read of it.
func replace(name string, before, text []byte) error {
	now, err := os.ReadFile(name)
	mode := os.FileMode(0o600)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fault.As(fault.Config, err, "reading %s", name)
	default:
		if info, err := os.Stat(name); err == nil {
			mode = info.Mode().Perm()
		}
	}
	if !bytes.Equal(now, before) {
		return fault.New(fault.Conflict, "%s was changed at the same time", name).WithHint("look at the difference again")
	}
	target := name
	if followed, err := filepath.EvalSymlinks(name); err == nil {
		target = followed
	}
	temporary, err := os.CreateTemp(filepath.Dir(target), ".unity-*.yaml")
	if err != nil {
		return fault.As(fault.Conflict, err, "writing %s", name).WithHint("let Unity write to the folder, or export the sources and put them there by hand")
	}
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), target)
	}
	if err != nil {
		return fault.As(fault.Conflict, errors.Join(err, os.Remove(temporary.Name())), "writing %s", name)
	}
	return nil
}
