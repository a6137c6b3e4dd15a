// Command load measures the running program under load: how many requests it
// answers and how fast, how fast news reaches those who watch, and what that
// costs in memory. It prints rows of a Markdown table: what, bar, measured, how.
//
//	go run ./test/load                    the table, five minutes
//	go run ./test/load -only sockets      one part of it
//	go run ./test/load -soak 30m          steady load, and a graph of the memory
//	    -heaps DIR                        and what is in it, for go tool pprof
//
// What is measured is the whole program with its own command line, database and
// schedule, in a process of its own; only the plugin is made up, so that values
// come when they should. Program and clients share the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/internal/cli"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/test/program"
)

// settings are what the command line says.
type settings struct {
	only    string
	length  time.Duration
	soak    time.Duration
	clients int
	graph   string
	profile string
	heaps   string
	environ []string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(serve())
	}
	var s settings
	flag.StringVar(&s.only, "only", "", "one part: requests, sockets or clicks; empty for all")
	flag.DurationVar(&s.length, "for", 20*time.Second, "how long each figure is measured")
	flag.DurationVar(&s.soak, "soak", 0, "instead of the table, load it steadily for so long")
	flag.IntVar(&s.clients, "clients", 2000, "clients that watch live")
	flag.StringVar(&s.graph, "graph", "", "file for the graph of the soak, as SVG")
	flag.StringVar(&s.profile, "profile", "", "file for a profile of the program's processor time, of the last part that is measured")
	flag.StringVar(&s.heaps, "heaps", "", "folder for profiles of the program's heap during the soak")
	environ := flag.String("environ", "", "settings of the program, NAME=VALUE with spaces between them")
	flag.Parse()
	s.environ = append(strings.Fields(*environ), "UNITY_LIVE_PER_USER="+strconv.Itoa(s.clients+soakSockets))
	if s.profile != "" {
		s.environ = append(s.environ, profileName+"="+s.profile)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// profileName is the variable that names the file for a profile.
const profileName = "LOAD_PROFILE"

// serve is the program itself, and returns its exit code.
func serve() int {
	if name := os.Getenv(profileName); name != "" {
		file, err := os.Create(name)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			return 1
		}
		defer file.Close()
		defer pprof.StopCPUProfile()
	}
	if socket := os.Getenv(heapSocketName); socket != "" {
		if err := serveHeap(context.Background(), socket); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			return 1
		}
	}
	return cli.Main(cli.Program{
		Plugins: []plugin.Plugin{madeUp()}, Args: os.Args[1:], Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

// part is some figures that are measured on the same program.
type part struct {
	name    string
	sources []source
	measure func(context.Context, settings, *program.Program) error
}

func run(ctx context.Context, s settings) error {
	if err := openFiles(); err != nil {
		return err
	}
	if s.soak > 0 {
		return withProgram(ctx, s, sources(100, soakInterval), func(p *program.Program) error { return soak(ctx, s, p) })
	}
	parts := []part{
		{"requests", sources(500, 30*time.Second), requests},
		{"clicks", sources(100, 10*time.Second), clicks},
		{"sockets", sources(100, time.Second), sockets},
	}
	if s.only != "" && !slices.ContainsFunc(parts, func(p part) bool { return p.name == s.only }) {
		return fmt.Errorf("there is no part %q", s.only)
	}
	for _, part := range parts {
		if s.only != "" && s.only != part.name {
			continue
		}
		if err := withProgram(ctx, s, part.sources, func(p *program.Program) error { return part.measure(ctx, s, p) }); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// withProgram starts the program with some sources and ends it afterwards.
func withProgram(ctx context.Context, s settings, watched []source, measure func(*program.Program) error) (err error) {
	folder, err := os.MkdirTemp("", "unity-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder of the system's temporary files
	data := filepath.Join(folder, "data")
	if s.heaps != "" {
		s.environ = append(s.environ, heapSocketName+"="+heapSocket(data))
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p, err := program.Start(ctx, program.Options{
		Binary: self, Data: data, Environ: append([]string{"UNITY_SCHEDULE_DETECT=false"}, s.environ...),
	})
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, p.Stop(ending))
	}()
	if err := watch(ctx, p, watched); err != nil {
		return err
	}
	return measure(p)
}

// row prints one figure.
func row(what, bar, measured, how string) {
	fmt.Printf("| %s | %s | %s | %s |\n", what, bar, measured, how)
}
