//go:build !unix

package command

import "os/exec"

// ownGroup leaves the program as it is; only Unix has process groups.
func ownGroup(*exec.Cmd) {}
