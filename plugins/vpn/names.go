package vpn

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxNameFiles bounds how many files are read for names.
const maxNameFiles = 50

// names are the names of peers by public key, from files and the setting. Files
// that are not there, or are for root only, name nobody.
func (c *collector) names() (map[string]string, error) {
	names := make(map[string]string)
	var problem error
	read := 0
	for _, pattern := range c.config.PeerNameFiles {
		folder, last := path.Split(pattern)
		files := []string{last}
		if strings.ContainsAny(last, "*?[") {
			files = c.matching(path.Clean(folder), last)
		}
		for _, file := range files {
			if read++; read > maxNameFiles {
				break
			}
			text, err := c.host.Files.ReadFile(path.Join(folder, file))
			if err == nil {
				maps.Copy(names, namesIn(string(text)))
			} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
				problem = fault.Wrap(err, "looking for names of peers")
			}
		}
	}
	maps.Copy(names, c.config.PeerNames)
	return names, problem
}

// matching lists the files of a folder that fit the pattern.
func (c *collector) matching(folder, pattern string) []string {
	entries, err := c.host.Files.ReadDir(folder)
	if err != nil {
		return nil
	}
	var files []string
	for _, entry := range entries {
		if ok, err := path.Match(pattern, entry.Name()); ok && err == nil {
			files = append(files, entry.Name())
		}
	}
	return files
}

// namesIn finds names in a configuration of WireGuard or in the file of wg-easy.
func namesIn(text string) map[string]string {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return namesInJSON(text)
	}
	names := make(map[string]string)
	comment, inPeer := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, isSetting := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "#"):
			comment = tidyName(line)
		case strings.EqualFold(line, "[Peer]"):
			inPeer = true // the comment above it counts
		case strings.HasPrefix(line, "["):
			inPeer, comment = false, ""
		case inPeer && isSetting && strings.EqualFold(strings.TrimSpace(key), "PublicKey"):
			if comment != "" {
				names[strings.TrimSpace(value)] = comment
			}
			comment = ""
		case line == "" && !inPeer:
			comment = "" // it was about something else
		case line == "":
			inPeer, comment = false, ""
		}
	}
	return names
}

// tidyName takes the name out of "# laptop" or "### Client laptop".
func tidyName(comment string) string {
	name := strings.TrimSpace(strings.TrimLeft(comment, "#"))
	for _, word := range []string{"Client ", "BEGIN_PEER ", "Name = ", "Name: ", "friendly_name="} {
		name = strings.TrimPrefix(name, word)
	}
	if strings.Contains(strings.ToLower(name), "key") && strings.Contains(name, "=") {
		return "" // a setting that is switched off, which may be a secret
	}
	return plugin.Shorten(name, 60)
}

func namesInJSON(text string) map[string]string {
	var file struct {
		Clients map[string]struct {
			Name      string `json:"name"`
			PublicKey string `json:"publicKey"`
		} `json:"clients"`
	}
	names := make(map[string]string)
	if json.Unmarshal([]byte(text), &file) != nil {
		return names // not of wg-easy
	}
	for _, client := range file.Clients {
		if client.Name != "" && client.PublicKey != "" {
			names[client.PublicKey] = tidyName(client.Name)
		}
	}
	return names
}
