package vpnmesh_test

import (
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// nothing is a machine without programs.
type nothing struct{}

// Find implements plugin.Runner.
func (nothing) Find(name string) (string, error) {
	return "", fault.New(fault.NotInstalled, "program %s is not installed", name)
}

// Run implements plugin.Runner.
func (n nothing) Run(_ context.Context, command plugin.Command) (plugin.Output, error) {
	_, err := n.Find(command.Name)
	return plugin.Output{}, err
}
