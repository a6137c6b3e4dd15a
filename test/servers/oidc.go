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

// provider is a provider of OpenID Connect, in Node: oidc/serve.mjs.
type provider struct {
	node   string // the program; empty when there is none
	folder string // of serve.mjs and its packages; empty when they are not installed
}

// OIDC is a provider of OpenID Connect. Its address is that of the issuer; what
// it knows and takes is said in oidc/serve.mjs.
func OIDC() Engine {
	var p provider
	p.node, _ = exec.LookPath("node")
	folder := folderOf("oidc")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider")); err == nil {
		p.folder = folder
	}
	return p
}

func (provider) title() string        { return "a provider of OpenID Connect" }
func (provider) variable() string     { return "UNITY_TEST_OIDC_URL" }
func (provider) announcement() string { return "ready for clients" }
func (provider) farewell() os.Signal  { return syscall.SIGINT }

func (p provider) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "a machine with Linux"
	case p.node == "":
		return "Node"
	case p.folder == "":
		return "its package (npm ci --prefix test/servers/oidc)"
	default:
		return ""
	}
}

func (provider) prepare(context.Context, string, []string) error { return nil }

func (p provider) command(home string, port int) *exec.Cmd {
	command := exec.Command(p.node, filepath.Join(p.folder, "serve.mjs"), strconv.Itoa(port)) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs("", command)
	return command
}

func (provider) address(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }

func (provider) create(context.Context, string, string) (string, func(context.Context) error, error) {
	return "", nil, errors.New("a provider of OpenID Connect has no databases")
}
