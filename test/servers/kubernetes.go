package servers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// kubernetes is the API server of Kubernetes over etcd.
type kubernetes struct{ alone }

// Kubernetes is the API server that make kubernetes-peer builds, because that
// takes too long for every run of the tests. The token "admin" may do anything
// there; there are no settings.
func Kubernetes() Engine {
	program := filepath.Join(folderOf("kubernetes"), "bin", "kubernetes")
	if _, err := os.Stat(program); err != nil {
		program = ""
	}
	return kubernetes{alone{
		name: "Kubernetes", env: "UNITY_TEST_KUBERNETES_URL", program: program,
		lacks: "an API server (make kubernetes-peer)", ready: "ready for clients", scheme: "https",
	}}
}

func (k kubernetes) prepare(_ context.Context, home string, _ []string) error {
	return os.Mkdir(filepath.Join(home, "certs"), 0o700)
}

func (k kubernetes) command(home string, port int) *exec.Cmd {
	command := exec.Command(k.program, strconv.Itoa(port), home) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs("", command)
	return command
}
