package kubernetes_test

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/kubernetes"
)

// rule is a rule of a ClusterRole.
type rule struct {
	Groups    []string `json:"apiGroups"`
	Resources []string `json:"resources"`
	Paths     []string `json:"nonResourceURLs"`
	Verbs     []string `json:"verbs"`
}

// recipe reads the ClusterRole of the README.
func recipe(t testing.TB) []rule {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	manifest, _, _ := strings.Cut(rest, "```")
	for _, part := range strings.Split(manifest, "---\n") {
		var role struct {
			Kind  string `json:"kind"`
			Rules []rule `json:"rules"`
		}
		if err := yaml.Unmarshal([]byte(part), &role); err != nil {
			t.Fatal(err)
		}
		if role.Kind == "ClusterRole" {
			return role.Rules
		}
	}
	t.Fatal("the README has no ClusterRole")
	return nil
}

// cluster is a stand-in for an API server: it speaks TLS, knows one token, and
// lets through what its rules allow and nothing else.
type cluster struct {
	*httptest.Server
	mu    sync.Mutex
	token string
	rules []rule
	asked []string
	conns map[string]bool
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{token: "a-token-for-tests", rules: recipe(t), conns: make(map[string]bool)}
	c.Server = httptest.NewUnstartedServer(c)
	c.EnableHTTP2 = true
	c.Config.ErrorLog = nil
	c.StartTLS()
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP implements http.Handler.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.conns[r.RemoteAddr] = append(c.asked, r.URL.RequestURI()), true
	refuse := func(code int, format string, args ...any) {
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": fmt.Sprintf(format, args...)})
	}
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch {
	case r.Method != http.MethodGet:
		refuse(http.StatusMethodNotAllowed, "only reading is expected")
	case r.Header.Get("Authorization") != "Bearer "+c.token:
		refuse(http.StatusUnauthorized, "Unauthorized")
	case !c.allows(r.URL.Path):
		refuse(http.StatusForbidden, "%s is forbidden: User \"system:serviceaccount:unity:unity\" cannot list resource %q in API group %q at the cluster scope", name, name, group(r.URL.Path))
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer(r.URL.Path))
	}
}

// group is the API group of a path.
func group(path string) string {
	if rest, ok := strings.CutPrefix(path, "/apis/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return ""
}

func (c *cluster) allows(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if strings.Contains(path, "/proxy/") {
		name = "nodes/proxy"
	}
	for _, r := range c.rules {
		if slices.Contains(r.Paths, path) && slices.Contains(r.Verbs, "get") {
			return true
		}
		if strings.HasPrefix(path, "/api") && slices.Contains(r.Groups, group(path)) && slices.Contains(r.Resources, name) && slices.Contains(r.Verbs, "list") {
			return true
		}
	}
	return false
}

func answer(path string) string {
	switch path {
	case "/version":
		return `{"gitVersion": "v1.33.4", "platform": "linux/amd64"}`
	case "/readyz":
		return "[+]ping ok\nreadyz check passed\n"
	case "/api/v1/nodes":
		return `{"items": [{"metadata": {"name": "nuc"}, "status": {"allocatable": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": "True"}]}}]}`
	case "/api/v1/pods":
		return `{"items": [{"metadata": {"name": "web", "namespace": "apps"}, "spec": {"nodeName": "nuc"}, "status": {"phase": "Running"}}]}`
	default:
		return `{"items": []}`
	}
}

// forget takes a right away.
func (c *cluster) forget(resource string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.rules {
		c.rules[i].Resources = slices.DeleteFunc(slices.Clone(c.rules[i].Resources), func(name string) bool { return name == resource })
	}
}

func (c *cluster) setToken(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = token
}

func (c *cluster) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw})
}

// kubeconfig is a kubeconfig for the cluster.
func (c *cluster) kubeconfig(ca []byte, token string) string {
	text, err := yaml.Marshal(map[string]any{
		"current-context": "home",
		"contexts":        []any{map[string]any{"name": "home", "context": map[string]any{"cluster": "home", "user": "unity"}}},
		"clusters":        []any{map[string]any{"name": "home", "cluster": map[string]any{"server": c.URL, "certificate-authority-data": ca}}},
		"users":           []any{map[string]any{"name": "unity", "user": map[string]any{"token": token}}},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// settings are what the set-up of the README gives.
func (c *cluster) settings(t testing.TB) plugintest.Settings {
	t.Helper()
	name := filepath.Join(t.TempDir(), "cluster-ca.pem")
	if err := os.WriteFile(name, c.ca(), 0o600); err != nil {
		t.Fatal(err)
	}
	return plugintest.Settings{"url": c.URL, "token": c.token, "tls_ca_file": name, "timeout": "15s"}
}

func open(t testing.TB, s plugintest.Settings) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, kubernetes.Plugin(), s.JSON(t))
}

func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, kubernetes.Plugin(), c, 20*time.Second)
	return err
}

func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, kubernetes.Plugin(), c))
}

func TestTheLeastRightsAreEnough(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	values := collect(t, open(t, c.settings(t)))
	if values["kube_node_pods"+`{node="nuc"}`] != 1 || values[`kube_pods{phase="Running"}`] != 1 || values[`kube_component_healthy{check="ping"}`] != 1 {
		t.Errorf("values: %v", values)
	}
	// Every right of the recipe is used.
	for _, r := range c.rules {
		for _, name := range append(slices.Clone(r.Resources), r.Paths...) {
			used := slices.ContainsFunc(c.asked, func(uri string) bool {
				path, _, _ := strings.Cut(uri, "?")
				return path == name || strings.HasSuffix(path, "/"+name) && (r.Groups == nil || group(path) == r.Groups[0])
			})
			if !used {
				t.Errorf("the recipe gives %s %v, and it is not asked for", name, r.Groups)
			}
		}
	}
	if len(c.conns) != 1 {
		t.Errorf("one collection made %d connections", len(c.conns))
	}
}

func TestARightThatIsTakenAwayIsNamed(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	collector := open(t, c.settings(t))
	collect(t, collector)
	c.forget("deployments")
	batch := plugintest.Collect(t, kubernetes.Plugin(), collector)
	if problems := batch.Problems(); len(problems) != 1 {
		t.Fatalf("problems: %v", problems)
	} else {
		plugintest.WantFault(t, problems[0], fault.Permission, `cannot list resource "deployments" in API group "apps"`, "get and list deployments")
	}
	if plugintest.Values(batch)[`kube_nodes{ready="true"}`] != 1 {
		t.Error("without one right the nodes are not told")
	}
}

func TestATokenThatIsReplaced(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	s := c.settings(t)
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(c.token)
	s["token"] = "file:" + file
	collector := open(t, s)
	collect(t, collector)
	c.setToken("another-token")
	plugintest.WantFault(t, attempt(t, collector), fault.Auth, "the cluster does not take the login of the settings", "create token")
	write("another-token")
	collect(t, collector)
	if len(c.conns) != 1 {
		t.Errorf("another token made another connection: %d", len(c.conns))
	}
}

func TestWhoTheClusterIsIsChecked(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	s := c.settings(t)
	delete(s, "tls_ca_file")
	plugintest.WantFault(t, attempt(t, open(t, s)), fault.TLS, "signed by nobody we trust", "tls_ca_file")
	s["verify_tls"] = false
	collect(t, open(t, s))

	collect(t, open(t, plugintest.Settings{"kubeconfig_data": c.kubeconfig(c.ca(), c.token)}))
	other := newOtherAuthority(t)
	plugintest.WantFault(t, attempt(t, open(t, plugintest.Settings{"kubeconfig_data": c.kubeconfig(other, c.token)})), fault.TLS,
		"with the certificates of kubeconfig_data", "another cluster")
	plugintest.WantFault(t, attempt(t, open(t, plugintest.Settings{"kubeconfig_data": c.kubeconfig([]byte("no certificate"), c.token)})), fault.Config,
		"not in PEM form", "")
	plugintest.WantFault(t, attempt(t, open(t, plugintest.Settings{"kubeconfig_data": c.kubeconfig(c.ca(), "wrong-token")})), fault.Auth, "the login of kubeconfig_data", "")
	plugintest.WantFault(t, attempt(t, open(t, plugintest.Settings{"url": strings.Replace(c.URL, "https", "http", 1), "token": "x"})), fault.BadAnswer, "400", "")
}

func TestACertificateIsALogin(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	authority := newAuthority(t)
	pair := authority.issue(t)
	c.TLS.ClientAuth = tls.RequireAndVerifyClientCert
	c.TLS.ClientCAs = authority.pool
	file := filepath.Join(t.TempDir(), "config")
	text := strings.ReplaceAll(c.kubeconfig(c.ca(), c.token), "token: "+c.token,
		"token: "+c.token+"\n    client-certificate: client.pem\n    client-key: client.key")
	for name, data := range map[string][]byte{"config": []byte(text), "client.pem": pair.cert, "client.key": pair.key} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	collector := open(t, plugintest.Settings{"kubeconfig": file})
	collect(t, collector)
	// A rotated certificate is taken up without anybody doing anything.
	pair = authority.issue(t)
	for name, data := range map[string][]byte{"client.pem": pair.cert, "client.key": pair.key} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	collect(t, collector)
	if len(c.conns) != 2 {
		t.Errorf("two certificates made %d connections", len(c.conns))
	}
}

func TestAClusterThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	collector := open(t, c.settings(t))
	collect(t, collector)
	c.CloseClientConnections()
	collect(t, collector)
	address := c.Listener.Addr().String()
	c.Close()
	plugintest.WantFault(t, attempt(t, collector), fault.Refused, "GET https://"+address+"/version: connection refused", "see whether the service runs")
}
