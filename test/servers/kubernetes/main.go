// Command kubernetes is the API server of Kubernetes for tests, with etcd beside
// it and nothing else: no scheduler, no controllers, no kubelets. It is a module of
// its own, so that nothing of it enters the program.
//
//	kubernetes PORT FOLDER
//
// It speaks TLS with FOLDER/certs/apiserver.crt. The token "admin" may do anything.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: kubernetes PORT FOLDER")
		os.Exit(2)
	}
	args, err := prepare(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go announce(os.Args[1], filepath.Join(os.Args[2], "certs", "apiserver.crt"))
	command := app.NewAPIServerCommand()
	command.SetArgs(args)
	os.Exit(cli.Run(command))
}

// prepare starts etcd and returns the settings of the API server.
func prepare(port, folder string) ([]string, error) {
	etcd, err := startEtcd(filepath.Join(folder, "etcd"))
	if err != nil {
		return nil, err
	}
	keyFile, tokens := filepath.Join(folder, "service-accounts.key"), filepath.Join(folder, "tokens.csv")
	if _, err := os.Stat(keyFile); err != nil { // tokens outlive a restart
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
		if err := os.WriteFile(keyFile, text, 0o600); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(tokens, []byte("admin,admin,1,system:masters\n"), 0o600); err != nil {
		return nil, err
	}
	return []string{
		"--bind-address=127.0.0.1", "--secure-port=" + port, "--cert-dir=" + filepath.Join(folder, "certs"),
		"--etcd-servers=" + etcd, "--authorization-mode=RBAC", "--token-auth-file=" + tokens,
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=" + keyFile,
		"--service-account-signing-key-file=" + keyFile, "--service-cluster-ip-range=10.0.0.0/24",
		// Nothing here makes the accounts that pods should have.
		"--disable-admission-plugins=ServiceAccount", "--service-account-lookup=true", "--anonymous-auth=false", "--v=0",
	}, nil
}

// startEtcd starts the database, which ends with this program.
func startEtcd(folder string) (address string, err error) {
	var ports [2]int
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return "", err
		}
	}
	address, peers := "http://127.0.0.1:"+strconv.Itoa(ports[0]), "http://127.0.0.1:"+strconv.Itoa(ports[1])
	etcd := exec.Command("etcd", "--data-dir="+folder, "--listen-client-urls="+address, "--advertise-client-urls="+address,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=default="+peers, "--unsafe-no-fsync")
	etcd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	etcd.Stderr = os.Stderr
	return address, etcd.Start()
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// announce says when the server has made the roles that it comes with.
func announce(port, certificate string) {
	for {
		time.Sleep(100 * time.Millisecond)
		client, err := clientFor(certificate)
		if err != nil {
			continue // it is not made yet
		}
		request, _ := http.NewRequest(http.MethodGet, "https://127.0.0.1:"+port+"/readyz", nil)
		request.Header.Set("Authorization", "Bearer admin")
		answer, err := client.Do(request)
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			fmt.Println("ready for clients")
			return
		}
	}
}
