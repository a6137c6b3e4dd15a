package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// ferretDB speaks the protocol of MongoDB, which itself cannot be had from the
// packages of a system.
type ferretDB struct {
	program string // empty when there is none
}

// FerretDB is the FerretDB that tools/setup.sh builds. Each test takes a server
// of its own with Start; there are no settings.
func FerretDB() Engine {
	program := filepath.Join(folderOf("ferretdb"), "bin", "ferretdb")
	if _, err := os.Stat(program); err != nil {
		return ferretDB{}
	}
	return ferretDB{program: program}
}

func (ferretDB) title() string        { return "FerretDB" }
func (ferretDB) variable() string     { return "UNITY_TEST_MONGODB_URL" }
func (ferretDB) announcement() string { return "ready for clients" }
func (ferretDB) farewell() os.Signal  { return syscall.SIGTERM }

func (f ferretDB) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "a way to end a server with its test on this system"
	case f.program == "":
		return "FerretDB (go build -C test/servers/ferretdb -o bin/ferretdb .)"
	default:
		return ""
	}
}

func (ferretDB) prepare(_ context.Context, home string, _ []string) error {
	return os.Mkdir(filepath.Join(home, "data"), 0o700)
}

func (f ferretDB) command(home string, port int) *exec.Cmd {
	command := exec.Command(f.program, "127.0.0.1:"+strconv.Itoa(port), filepath.Join(home, "data")) //nolint:noctx // it outlives the call
	command.Dir = home
	return command
}

func (ferretDB) address(port int) string { return "mongodb://127.0.0.1:" + strconv.Itoa(port) }

func (ferretDB) create(context.Context, string, string) (string, func(context.Context) error, error) {
	return "", nil, errors.New("a test takes a FerretDB of its own with Start")
}
