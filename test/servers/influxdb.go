package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// influxdb is InfluxDB 1 from the packages of Debian and its kin.
type influxdb struct {
	program string // empty when there is none
}

// InfluxDB is the InfluxDB 1 that is installed. Each test takes a server of its
// own with Start. Settings are its environment variables, such as
// "INFLUXDB_HTTP_AUTH_ENABLED=true".
func InfluxDB() Engine {
	program, err := exec.LookPath("influxd")
	if err != nil {
		return influxdb{}
	}
	return influxdb{program: program}
}

func (influxdb) title() string        { return "InfluxDB" }
func (influxdb) variable() string     { return "UNITY_TEST_INFLUXDB_URL" }
func (influxdb) announcement() string { return "Listening for signals" }
func (influxdb) farewell() os.Signal  { return syscall.SIGTERM }

func (i influxdb) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "a way to end a server with its test on this system"
	case i.program == "":
		return "influxd (apt-get install influxdb)"
	default:
		return ""
	}
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

func (influxdb) address(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }

func (influxdb) create(context.Context, string, string) (string, func(context.Context) error, error) {
	return "", nil, errors.New("a test takes an InfluxDB of its own with Start")
}
