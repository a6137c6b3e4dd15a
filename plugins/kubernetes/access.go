package kubernetes

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"path"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// access is how the API is reached, and as whom.
type access struct {
	from   string // where it is written, for people
	name   string // of the context
	server string
	token  string
	user   string // of a login with a password
	secret string // that password

	ca, cert, key []byte // PEM
	serverName    string
	insecure      bool
	settings      *fetch.TLS // for an address that is set by hand
	proxy         string
}

// Where a pod finds who it is.
const (
	podFolder  = "/var/run/secrets/kubernetes.io/serviceaccount"
	podAddress = "https://kubernetes.default.svc"
)

// usualPlaces are where distributions put a kubeconfig.
func usualPlaces() []string {
	return []string{
		"/root/.kube/config", "/etc/rancher/k3s/k3s.yaml", "/var/snap/microk8s/current/credentials/client.config",
		"/etc/kubernetes/admin.conf", "/var/lib/k0s/pki/admin.conf",
	}
}

// find works out how the API is reached. It is asked each time, because tokens
// and certificates are made anew while Unity runs.
func (c config) find(files plugin.Files) (access, error) {
	switch {
	case c.URL != "":
		token, err := c.Token.Reveal()
		if err != nil {
			return access{}, fault.Wrap(err, "reading the token")
		}
		return access{from: "the settings", server: c.URL, token: token, settings: &c.TLS}, nil
	case !c.Data.Empty():
		text, err := c.Data.Reveal()
		if err != nil {
			return access{}, fault.Wrap(err, "reading kubeconfig_data")
		}
		return parseKubeconfig([]byte(text), "kubeconfig_data", c.Context, files)
	case c.Kubeconfig != "":
		return readKubeconfig(c.Kubeconfig, c.Context, files)
	}
	if token, err := files.ReadFile(podFolder + "/token"); err == nil {
		ca, err := files.ReadFile(podFolder + "/ca.crt")
		if err != nil {
			return access{}, fault.As(fault.Config, err, "reading the certificate of the cluster")
		}
		return access{from: "the pod", name: "in-cluster", server: podAddress, token: strings.TrimSpace(string(token)), ca: ca}, nil
	}
	for _, name := range usualPlaces() {
		if _, err := files.Stat(name); err == nil {
			return readKubeconfig(name, c.Context, files)
		}
	}
	return access{}, fault.New(fault.NotFound, "looking for a cluster: there is no kubeconfig at the usual places").
		WithHint("set url and token, or the path of a kubeconfig")
}

func readKubeconfig(name, context string, files plugin.Files) (access, error) {
	text, err := files.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return access{}, fault.New(fault.Permission, "reading the kubeconfig %s: permission denied", name).
			WithHint("better than to open an administrator's file: make a service account as the README says, and set url and token")
	case errors.Is(err, fs.ErrNotExist):
		return access{}, fault.New(fault.NotFound, "reading the kubeconfig %s: there is no such file", name).WithHint("check the path, on the watched machine")
	case err != nil:
		return access{}, fault.As(fault.Config, err, "reading the kubeconfig %s", name)
	}
	return parseKubeconfig(text, name, context, files)
}

// kubeconfig is the part of the file that matters here.
type kubeconfig struct {
	CurrentContext string `json:"current-context"`
	Contexts       []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
	Clusters []struct {
		Name    string      `json:"name"`
		Cluster clusterPart `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string   `json:"name"`
		User userPart `json:"user"`
	} `json:"users"`
}

type clusterPart struct {
	Server     string `json:"server"`
	CAFile     string `json:"certificate-authority"`
	CA         []byte `json:"certificate-authority-data"`
	Insecure   bool   `json:"insecure-skip-tls-verify"`
	ServerName string `json:"tls-server-name"`
	Proxy      string `json:"proxy-url"`
}

type userPart struct {
	CertFile  string `json:"client-certificate"`
	Cert      []byte `json:"client-certificate-data"`
	KeyFile   string `json:"client-key"`
	Key       []byte `json:"client-key-data"`
	Token     string `json:"token"`
	TokenFile string `json:"tokenFile"`
	Username  string `json:"username"`
	Password  string `json:"password"`
	Exec      *struct {
		Command string `json:"command"`
	} `json:"exec"`
	Provider *struct {
		Name string `json:"name"`
	} `json:"auth-provider"`
}

// parseKubeconfig takes the context's cluster and user out of the text. What is
// wrong is said without quoting it: it holds secrets.
func parseKubeconfig(text []byte, from, context string, files plugin.Files) (access, error) {
	var read kubeconfig
	if err := yaml.Unmarshal(text, &read); err != nil {
		return access{}, fault.New(fault.Config, "reading %s: it is not a kubeconfig", from).WithHint("it has to be the whole file, as kubectl config view --raw prints it")
	}
	missing := func(what, name string) error {
		return fault.New(fault.Config, "reading %s: there is no %s %q", from, what, name).WithHint("kubectl config get-contexts lists what there is")
	}
	if context == "" {
		context = read.CurrentContext
	}
	at := access{from: from, name: context}
	var cluster *clusterPart
	var user *userPart
	for i := range read.Contexts {
		if one := &read.Contexts[i]; one.Name == context {
			for j := range read.Clusters {
				if read.Clusters[j].Name == one.Context.Cluster {
					cluster = &read.Clusters[j].Cluster
				}
			}
			for j := range read.Users {
				if read.Users[j].Name == one.Context.User {
					user = &read.Users[j].User
				}
			}
			if cluster == nil {
				return at, missing("cluster", one.Context.Cluster)
			}
			if user == nil {
				return at, missing("user", one.Context.User)
			}
		}
	}
	if cluster == nil {
		return at, missing("context", context)
	}
	at.server, at.serverName, at.insecure, at.proxy = cluster.Server, cluster.ServerName, cluster.Insecure, cluster.Proxy
	at.ca, at.cert, at.key = cluster.CA, user.Cert, user.Key
	at.token, at.user, at.secret = user.Token, user.Username, user.Password
	token := []byte(user.Token)
	for _, file := range []struct {
		name string
		into *[]byte
	}{{cluster.CAFile, &at.ca}, {user.CertFile, &at.cert}, {user.KeyFile, &at.key}, {user.TokenFile, &token}} {
		if file.name == "" || len(*file.into) > 0 {
			continue
		}
		if !path.IsAbs(file.name) {
			file.name = path.Join(path.Dir(from), file.name)
		}
		read, err := files.ReadFile(file.name)
		if err != nil {
			return at, fault.As(fault.Config, err, "reading a file that %s names", from)
		}
		*file.into = read
	}
	at.token = strings.TrimSpace(string(token))
	if at.token == "" && len(at.cert) == 0 && at.user == "" {
		switch {
		case user.Exec != nil:
			return at, fault.New(fault.Unsupported, "reading %s: its user logs in through a program (%s), and Unity runs none", from, path.Base(user.Exec.Command)).
				WithHint("make a service account as the README says, and set url and token")
		case user.Provider != nil:
			return at, fault.New(fault.Unsupported, "reading %s: its user logs in through a provider (%s)", from, user.Provider.Name).
				WithHint("make a service account as the README says, and set url and token")
		}
	}
	return at, nil
}

// same reports whether a client made for one will do for the other.
func (a access) same(b access) bool {
	return a.server == b.server && a.serverName == b.serverName && a.insecure == b.insecure && a.proxy == b.proxy &&
		bytes.Equal(a.ca, b.ca) && bytes.Equal(a.cert, b.cert) && bytes.Equal(a.key, b.key)
}

// client makes a client for the API.
func (a access) client(config config, host plugin.Host) (*fetch.Client, error) {
	at := fetch.Config{URL: a.server, Timeout: config.Timeout, ProxyURL: a.proxy}
	if err := at.Validate(); err != nil {
		return nil, fault.New(fault.Config, "reading %s: the address of its server is not one", a.from)
	}
	if a.settings != nil {
		at.TLS = *a.settings
		return fetch.New(at, host)
	}
	security := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: a.serverName,
		InsecureSkipVerify: a.insecure, //nolint:gosec // the kubeconfig says so
	}
	if len(a.ca) > 0 {
		security.RootCAs = x509.NewCertPool()
		if !security.RootCAs.AppendCertsFromPEM(a.ca) {
			return nil, fault.New(fault.Config, "reading %s: its certificate authority is not in PEM form", a.from)
		}
	}
	if len(a.cert) > 0 {
		pair, err := tls.X509KeyPair(a.cert, a.key)
		if err != nil {
			return nil, fault.New(fault.Config, "reading %s: its client certificate and key do not belong together, or are not in PEM form", a.from)
		}
		security.Certificates = []tls.Certificate{pair}
	}
	return fetch.New(at, host, fetch.WithTLS(security))
}

// expiry says until when the client's certificate is valid, for people.
func (a access) expiry() string {
	if len(a.cert) == 0 {
		return ""
	}
	pair, err := tls.X509KeyPair(a.cert, a.key)
	if err != nil || pair.Leaf == nil {
		return ""
	}
	return pair.Leaf.NotAfter.UTC().Format("2006-01-02")
}
