package app

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// writtenBytes returns how much this process has caused to be written to disks,
// as far as the system tells.
func writtenBytes() (int64, error) {
	content, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, fault.As(fault.Unsupported, err, "asking how much was written").
			WithHint("storage.max_write_per_day works on Linux only.")
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		if number, ok := strings.CutPrefix(lines.Text(), "write_bytes: "); ok {
			n, err := strconv.ParseInt(number, 10, 64)
			return n, fault.Wrap(err, "reading how much was written")
		}
	}
	return 0, fault.New(fault.BadAnswer, "the system does not tell how much was written")
}
