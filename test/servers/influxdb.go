package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// influxdb is InfluxDB 1 from the packages of Debian and its kin.
type influxdb struct{ alone }

// InfluxDB is the InfluxDB 1 that is installed. Settings are its environment
// variables, such as "INFLUXDB_HTTP_AUTH_ENABLED=true".
func InfluxDB() Engine {
	program, _ := exec.LookPath("influxd")
	return influxdb{alone{
		name: "InfluxDB", env: "UNITY_TEST_INFLUXDB_URL", program: program, lacks: "influxd (apt-get install influxdb)",
		ready: "Listening for signals", scheme: "http",
	}}
}

func (influxdb) prepare(_ context.Context, home string, settings []string) error {
	lines := append([]string{
		"INFLUXDB_META_DIR=" + filepath.Join(home, "meta"), "INFLUXDB_DATA_DIR=" + filepath.Join(home, "data"),
		"INFLUXDB_DATA_WAL_DIR=" + filepath.Join(home, "wal"), "INFLUXDB_REPORTING_DISABLED=true",
		"INFLUXDB_BIND_ADDRESS=127.0.0.1:0", // for backups, which nobody makes
	}, settings...)
	return os.WriteFile(filepath.Join(home, "environment"), []byte(strings.Join(lines, "\n")), 0o600)
}

func (i influxdb) command(home string, port int) *exec.Cmd {
	command := exec.Command(i.program) //nolint:noctx // it outlives the call
	command.Dir = home
	settings, _ := os.ReadFile(filepath.Join(home, "environment")) // prepare wrote it
	command.Env = append(strings.Split(string(settings), "\n"),
		"HOME="+home, "INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:"+strconv.Itoa(port))
	return command
}
