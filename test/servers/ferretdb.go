package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// ferretDB speaks the protocol of MongoDB, which itself cannot be had from the
// packages of a system.
type ferretDB struct{ alone }

// FerretDB is the FerretDB that tools/setup.sh builds. There are no settings.
func FerretDB() Engine {
	program := filepath.Join(folderOf("ferretdb"), "bin", "ferretdb")
	if _, err := os.Stat(program); err != nil {
		program = ""
	}
	return ferretDB{alone{
		name: "FerretDB", env: "UNITY_TEST_MONGODB_URL", program: program,
		lacks: "FerretDB (go build -C test/servers/ferretdb -o bin/ferretdb .)", ready: "ready for clients", scheme: "mongodb",
	}}
}

func (ferretDB) prepare(_ context.Context, home string, _ []string) error {
	return os.Mkdir(filepath.Join(home, "data"), 0o700)
}

func (f ferretDB) command(home string, port int) *exec.Cmd {
	command := exec.Command(f.program, "127.0.0.1:"+strconv.Itoa(port), filepath.Join(home, "data")) //nolint:noctx // it outlives the call
	command.Dir = home
	return command
}
