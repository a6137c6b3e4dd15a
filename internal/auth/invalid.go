package auth

import (
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// Problem is what is wrong with one field of what somebody asked for.
type Problem struct {
	Path    string
	Message string
}

// Invalid is everything that is wrong with what somebody asked for, as one
// error of kind Config.
type Invalid []Problem

// Error lists the problems.
func (i Invalid) Error() string {
	parts := make([]string, len(i))
	for n, problem := range i {
		parts[n] = problem.Path + " " + problem.Message
	}
	return strings.Join(parts, "; ")
}

// As makes fault.Of see an Invalid as a fault of kind Config.
func (i Invalid) As(target any) bool {
	if e, ok := target.(**fault.Error); ok {
		*e = fault.New(fault.Config, "%s", i.Error())
		return true
	}
	return false
}
