package servers

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// alone is what the engines have in common whose servers hold no databases that
// could be given out: each test takes one of its own with Start.
type alone struct {
	name, env string
	program   string // what is run; empty when there is none
	lacks     string // what it is called where it is missing, and how it is had
	ready     string // what it prints when it answers
	scheme    string // of its address
}

func (a alone) title() string        { return a.name }
func (a alone) variable() string     { return a.env }
func (a alone) announcement() string { return a.ready }
func (alone) farewell() os.Signal    { return syscall.SIGTERM }

func (a alone) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "a way to end a server with its test on this system"
	case a.program == "":
		return a.lacks
	default:
		return ""
	}
}

func (a alone) address(port int) string { return a.scheme + "://127.0.0.1:" + strconv.Itoa(port) }

func (a alone) create(context.Context, string, string) (string, func(context.Context) error, error) {
	return "", nil, errors.New("a test takes " + a.name + " of its own with Start")
}
