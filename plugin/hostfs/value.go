package hostfs

import (
	"bytes"
	"strconv"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Text returns what a small file says, without white space around it. Most
// files of /sys hold one such text.
func Text(files plugin.Files, name string) (string, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(data)), nil
}

// Int returns the whole number that a small file holds.
func Int(files plugin.Files, name string) (int64, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return 0, err
	}
	value, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if err != nil {
		return 0, fault.As(fault.BadAnswer, err, "reading a number from %s", name)
	}
	return value, nil
}
