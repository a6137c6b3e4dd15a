package disk

import (
	"bytes"
	"strconv"
	"strings"
)

// sectorBytes is the unit of /proc/diskstats and /sys/block/*/size, whatever
// the device's own sectors are.
const sectorBytes = 512

// counters are what was counted for a block device since it appeared.
type counters struct {
	Name           string
	Reads          uint64
	ReadsMerged    uint64
	ReadBytes      uint64
	ReadSeconds    float64
	Writes         uint64
	WritesMerged   uint64
	WrittenBytes   uint64
	WriteSeconds   float64
	InProgress     uint64
	IOSeconds      float64
	QueueSeconds   float64 // grows by the number of requests in progress each second
	Discards       uint64
	Flushes        uint64
	CountsQueue    bool // merges, requests in progress and busy time are known
	CountsDiscards bool // since Linux 4.18
	CountsFlushes  bool // since Linux 5.5
}

// Numbers of values on a line of /proc/diskstats, after the device's name.
const (
	basicFields   = 11
	discardFields = 15
	flushFields   = 17
)

// parseDiskstats reads /proc/diskstats. A line that is not of its form is left
// out.
func parseDiskstats(data []byte) []counters {
	var all []counters
	for line := range bytes.Lines(data) {
		if c, ok := parseDiskstat(string(line)); ok {
			all = append(all, c)
		}
	}
	return all
}

func parseDiskstat(line string) (counters, bool) {
	fields := strings.Fields(line)
	if len(fields) < 3+basicFields {
		return counters{}, false
	}
	var v [flushFields]uint64
	n := min(len(fields)-3, flushFields)
	for i := range n {
		value, err := strconv.ParseUint(fields[3+i], 10, 64)
		if err != nil {
			return counters{}, false
		}
		v[i] = value
	}
	return counters{
		Name:  fields[2],
		Reads: v[0], ReadsMerged: v[1], ReadBytes: v[2] * sectorBytes, ReadSeconds: seconds(v[3]),
		Writes: v[4], WritesMerged: v[5], WrittenBytes: v[6] * sectorBytes, WriteSeconds: seconds(v[7]),
		InProgress: v[8], IOSeconds: seconds(v[9]), QueueSeconds: seconds(v[10]),
		Discards: v[11], Flushes: v[15],
		CountsQueue: true, CountsDiscards: n >= discardFields, CountsFlushes: n >= flushFields,
	}, true
}

func seconds(millis uint64) float64 { return float64(millis) / 1000 }
