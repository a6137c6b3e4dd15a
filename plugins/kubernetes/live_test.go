package kubernetes_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/kubernetes"
	"github.com/unity-homelab/unity/test/servers"
)

// api is a real API server with etcd, and kubectl for it.
type api struct {
	*servers.Server
	t      testing.TB
	client *http.Client
}

func newAPI(t testing.TB) *api {
	t.Helper()
	if os.Getenv("UNITY_TEST_KUBERNETES") == "" {
		t.Skip("unavoidable: an API server takes long to build; make kubernetes-peer does, and runs this")
	}
	a := &api{Server: servers.Start(t, servers.Kubernetes()), t: t}
	text, err := os.ReadFile(a.authority())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	a.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}}
	t.Cleanup(a.client.CloseIdleConnections)
	return a
}

func (a *api) authority() string { return filepath.Join(a.Folder(), "certs", "apiserver.crt") }

// kubectl does what an administrator does.
func (a *api) kubectl(input string, args ...string) string {
	a.t.Helper()
	command := exec.CommandContext(a.t.Context(), "kubectl",
		append([]string{"--server=" + a.URL(), "--token=admin", "--certificate-authority=" + a.authority(), "--kubeconfig=/dev/null"}, args...)...)
	command.Env = append(command.Environ(), "HOME="+a.Folder())
	command.Stdin = strings.NewReader(input)
	out, err := command.CombinedOutput()
	if err != nil {
		a.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// count is how many things kubectl lists.
func (a *api) count(args ...string) float64 {
	a.t.Helper()
	return float64(len(strings.Fields(a.kubectl("", append([]string{"get", "-o", "name"}, args...)...))))
}

// send sends a document to the server, which is quicker than kubectl.
func (a *api) send(ctx context.Context, method, path, kind, body string) error {
	request, err := http.NewRequestWithContext(ctx, method, a.URL()+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer admin")
	request.Header.Set("Content-Type", kind)
	answer, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode > 299 {
		err = fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text)
	}
	return err
}

// patch sets what controllers and kubelets would.
func (a *api) patch(path, body string) {
	a.t.Helper()
	if err := a.send(a.t.Context(), http.MethodPatch, path, "application/merge-patch+json", body); err != nil {
		a.t.Fatal(err)
	}
}

// recipe does what the README says, and returns the settings that come of it.
func (a *api) recipe() plugintest.Settings {
	a.t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		a.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	manifest, _, _ := strings.Cut(rest, "```")
	a.kubectl(manifest, "apply", "-f", "-")
	plugintest.InReadme(a.t, "kubectl -n unity create token unity --duration=8760h")
	token := a.kubectl("", "-n", "unity", "create", "token", "unity", "--duration=8760h")
	return plugintest.Settings{"url": a.URL(), "token": token, "tls_ca_file": a.authority(), "timeout": "15s"}
}

// manyPods is more than one part of a list holds.
const manyPods = 620

// fill makes a small cluster with many pods.
func (a *api) fill() {
	a.t.Helper()
	objects, err := os.ReadFile("testdata/cluster.yaml")
	if err != nil {
		a.t.Fatal(err)
	}
	a.kubectl(string(objects), "apply", "-f", "-")
	group, ctx := errgroup.WithContext(a.t.Context())
	group.SetLimit(8)
	for i := range manyPods {
		group.Go(func() error {
			name := fmt.Sprintf("load-%03d", i)
			pod := fmt.Sprintf(`{"metadata": {"name": %q}, "spec": {"nodeName": "nuc", "containers": [{"name": "app", "image": "app",
				"resources": {"requests": {"cpu": "1m", "memory": "1Mi"}}}]}}`, name)
			err := a.send(ctx, http.MethodPost, "/api/v1/namespaces/apps/pods", "application/json", pod)
			if err == nil && i%2 == 0 {
				err = a.send(ctx, http.MethodPatch, "/api/v1/namespaces/apps/pods/"+name+"/status", "application/merge-patch+json", `{"status": {"phase": "Running"}}`)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		a.t.Fatal(err)
	}
	ready := func(status string, at time.Time) string {
		return fmt.Sprintf(`{"status": {"conditions": [{"type": "Ready", "status": %q, "lastHeartbeatTime": %q, "lastTransitionTime": %[2]q}],
			"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "allocatable": {"cpu": "3800m", "memory": "7Gi", "pods": "110"}}}`, status, at.UTC().Format(time.RFC3339))
	}
	a.patch("/api/v1/nodes/nuc/status", ready("True", time.Now()))
	a.patch("/api/v1/nodes/attic/status", ready("Unknown", time.Now()))
	a.patch("/apis/apps/v1/namespaces/apps/deployments/web/status", `{"status": {"replicas": 3, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 2}}`)
	a.patch("/apis/apps/v1/namespaces/apps/statefulsets/db/status", `{"status": {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1}}`)
	a.patch("/apis/apps/v1/namespaces/apps/daemonsets/agent/status", `{"status": {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberReady": 1, "numberMisscheduled": 0, "numberUnavailable": 1}}`)
}

func TestFiguresAreThoseOfKubectl(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.fill()
	c := open(t, a.recipe())
	values := collect(t, c)
	for name, want := range map[string]float64{
		`kube_pods{phase="Running"}`:                                    a.count("pods", "-A", "--field-selector=status.phase=Running"),
		`kube_pods{phase="Pending"}`:                                    a.count("pods", "-A", "--field-selector=status.phase=Pending"),
		`kube_namespaces`:                                               a.count("namespaces"),
		`kube_services`:                                                 a.count("services", "-A"),
		`kube_ingresses`:                                                a.count("ingresses", "-A"),
		`kube_deployments`:                                              a.count("deployments", "-A"),
		`kube_nodes{ready="true"}`:                                      1,
		`kube_nodes{ready="false"}`:                                     1,
		`kube_node_ready{node="attic"}`:                                 0,
		`kube_node_unschedulable{node="attic"}`:                         1,
		`kube_node_pods{node="nuc"}`:                                    manyPods,
		`kube_node_allocatable_cpu_cores{node="nuc"}`:                   3.8,
		`kube_node_capacity_memory_bytes{node="nuc"}`:                   8 << 30,
		`kube_node_requests_memory_bytes{node="nuc"}`:                   manyPods << 20,
		`kube_deployment_replicas_desired{name="web",namespace="apps"}`: 3,
		`kube_deployment_replicas_ready{name="web",namespace="apps"}`:   1,
		`kube_daemonset_unavailable{name="agent",namespace="apps"}`:     1,
		`kube_pvc_state{namespace="apps",pvc="data",state="pending"}`:   1,
		`kube_cronjob_suspended{name="nightly",namespace="apps"}`:       1,
		`kube_component_healthy{check="etcd"}`:                          1,
		`kube_component_healthy{check="poststarthook"}`:                 1,
	} {
		if got, there := values[name]; !there || got != want {
			t.Errorf("%s is %v (%v), kubectl says %v", name, got, there, want)
		}
	}
	var version struct{ ServerVersion struct{ GitVersion string } }
	if err := json.Unmarshal([]byte(a.kubectl("", "version", "-o", "json")), &version); err != nil {
		t.Fatal(err)
	}
	batch := plugintest.Collect(t, kubernetes.Plugin(), c)
	for _, sample := range batch.Samples() {
		if sample.Name == "kube_info" && sample.Labels.Get("version") != version.ServerVersion.GitVersion {
			t.Errorf("the version is %s, kubectl says %s", sample.Labels.Get("version"), version.ServerVersion.GitVersion)
		}
	}
	if !bytes.Contains(batch.Snapshot(), []byte("BackOff")) {
		t.Error("the warning is not told")
	}
	// The rights end where the recipe does.
	a.kubectl("", "delete", "clusterrolebinding", "unity")
	_, err := plugintest.Attempt(t, kubernetes.Plugin(), c, 20*time.Second)
	plugintest.WantFault(t, err, fault.Permission, `cannot list resource "nodes" in API group "" at the cluster scope`, "get and list nodes")
}

func TestARealClusterThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	settings := a.recipe()
	plugintest.ComeAndGo(t, kubernetes.Plugin(), a, "GET "+a.URL()+"/version: connection refused", func(timeout string) plugin.Collector {
		return open(t, settings.With(plugintest.Settings{"timeout": timeout}))
	})
	// A token is good as long as its account is there.
	c := open(t, settings)
	collect(t, c)
	a.kubectl("", "-n", "unity", "delete", "serviceaccount", "unity")
	// The server remembers for a while whom it has let in.
	err := attempt(t, c)
	for deadline := time.Now().Add(2 * time.Minute); err == nil && time.Now().Before(deadline); {
		err = attempt(t, c)
	}
	plugintest.WantFault(t, err, fault.Auth, "the cluster does not take the login of the settings", "create token")
}

// BenchmarkCollectReal is one run on a real API server with many pods.
func BenchmarkCollectReal(b *testing.B) {
	a := newAPI(b)
	a.fill()
	plugintest.Benchmark(b, kubernetes.Plugin(), open(b, a.recipe()))
}
