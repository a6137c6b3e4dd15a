#!/usr/bin/env bash
# Runs the tests of plugin kubernetes that want a real API server. It is built from
# its modules once, which takes half an hour on two cores. It needs etcd (package
# etcd-server) and kubectl 1.24 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in etcd kubectl; do
	command -v $program >/dev/null || { echo "$program is not installed"; exit 1; }
done
server=test/servers/kubernetes
version=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' $server/go.mod)
if [[ ! $server/bin/kubernetes -nt $server/go.sum || ! $server/bin/kubernetes -nt $server/main.go ]]; then
	echo "building Kubernetes $version"
	go build -C $server -ldflags "-X k8s.io/component-base/version.gitVersion=$version" -o bin/kubernetes .
fi
UNITY_TEST_KUBERNETES=$version go test -count=1 -v -run 'Kubectl|RealCluster' -bench 'Real$' ./plugins/kubernetes
