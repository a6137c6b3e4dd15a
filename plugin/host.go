package plugin

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"time"
)

// Host is the world as a collector may touch it. Every field is set.
type Host struct {
	// Name is the watched machine's host name.
	Name string
	// Dial opens every network connection, Unix sockets included. A collector
	// that speaks HTTP passes it to package fetch.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Files are the files of the watched machine.
	Files Files
	// Commands runs programs of the watched machine.
	Commands Runner
	// Log is for what an operator may need; never secrets, never per sample.
	Log *slog.Logger
	// Now is the time.
	Now func() time.Time
	// State outlives the collector.
	State State
}

// Files reads files of the watched machine by the names they have there, such
// as /proc/stat, wherever that machine's root, /proc, /sys and /etc are mounted.
type Files interface {
	// Path returns where this process finds the file.
	Path(name string) string
	// Open opens the file for reading. Nothing can be written.
	Open(name string) (fs.File, error)
	// ReadFile reads a whole file of at most 8 MiB.
	ReadFile(name string) ([]byte, error)
	// ReadDir lists a folder, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Stat follows symbolic links.
	Stat(name string) (fs.FileInfo, error)
	// ReadLink returns what the symbolic link says, untouched.
	ReadLink(name string) (string, error)
	// RealPath resolves every symbolic link and returns a name on the watched
	// machine.
	RealPath(name string) (string, error)
	// Usage asks the file system mounted at name how full it is. The call can
	// hang for as long as a dead network file system likes, whatever ctx says.
	Usage(name string) (Usage, error)
	// Live reports whether these are the files of the machine this process runs
	// on, so that system calls speak about the same machine.
	Live() bool
}

// Usage is the answer of statfs(2).
type Usage struct {
	SizeBytes  uint64 `json:"size_bytes"`
	FreeBytes  uint64 `json:"free_bytes"`  // for root
	AvailBytes uint64 `json:"avail_bytes"` // for everybody else
	// Inodes and FreeInodes are 0 where the file system has no fixed number.
	Inodes     uint64 `json:"inodes"`
	FreeInodes uint64 `json:"free_inodes"`
}

// Command is a program to run. There is no shell, and no terminal.
type Command struct {
	// Name is the program's name without a path; the manifest declares it.
	Name string
	Args []string
	// Stdin is written to the program.
	Stdin []byte
	// Env is added to the small environment that programs have: settings and
	// credentials, which other users of the machine could read in Args. A program
	// under sudo does not get it. Nothing of it is in messages or recorded cases.
	Env map[string]string
	// Sudo runs it as "sudo -n", which never asks for a password.
	Sudo bool
	// MaxOutputBytes bounds standard output; 0 means 8 MiB.
	MaxOutputBytes int
}

// Output is what a program said before it ended.
type Output struct {
	Stdout    []byte
	Stderr    []byte
	ExitCode  int
	Truncated bool // standard output went on after the bound
}

// Runner runs programs.
type Runner interface {
	// Find returns the absolute path of a program, or a fault of kind
	// NotInstalled.
	Find(name string) (string, error)
	// Run runs a program to its end. An exit code other than 0 is no error;
	// not being found, not being allowed and running out of time are.
	Run(ctx context.Context, command Command) (Output, error)
}

// State keeps small JSON values of one source. What is set during a collection
// is stored together with the samples of that run, or not at all; so a place in
// a log file and the lines counted up to it never disagree.
type State interface {
	// Get returns the value last set, or nil.
	Get(key string) json.RawMessage
	// Set keeps the value, at most 64 KiB; nil forgets it.
	Set(key string, value json.RawMessage) error
}
