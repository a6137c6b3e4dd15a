// Command bench measures how fast the store is and how much room it takes, on a
// month of made-up measurements, and prints one table: what was asked for and
// what was measured.
//
//	go run ./test/bench                 everything, a few minutes
//	go run ./test/bench -written 30m    what is written to the disk, at live pace
//	go run ./test/bench -year 365       a year in fast motion: what of it is kept, and how
//
// The measurements are 1,000 series at 60 s for 30 days from a fixed seed: a
// third slowly varying gauges with two decimals, a third increasing integer
// counters, a third mostly constant values.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"
)

// settings are what the command line says.
type settings struct {
	dir     string
	seed    uint64
	series  int
	days    int
	year    int
	written time.Duration
	sync    time.Duration
	keep    bool
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", "", "folder for the database, on the disk that is to be measured; a temporary one when empty")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the measurements")
	flag.IntVar(&s.series, "series", 1000, "number of series")
	flag.IntVar(&s.days, "days", 30, "days of measurements")
	flag.IntVar(&s.year, "year", 0, "go through so many days in fast motion, instead of everything else")
	flag.DurationVar(&s.written, "written", time.Minute, "how long to measure what the journal writes at live pace; 30m for the figure that counts, 0 to leave it out")
	flag.DurationVar(&s.sync, "sync", 0, "how often the journal is made safe from power cuts while that is measured; the default of the program when 0")
	flag.BoolVar(&s.keep, "keep", false, "leave the database behind")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	dir := s.dir
	if dir == "" {
		made, err := os.MkdirTemp("", "unity-bench-")
		if err != nil {
			return err
		}
		dir = made
	}
	if !s.keep {
		defer func() { _ = os.RemoveAll(filepath.Join(dir, "month")) }()
		defer func() { _ = os.RemoveAll(filepath.Join(dir, "live")) }()
	}
	var t table
	if s.year > 0 {
		return runYear(ctx, s, dir)
	}
	fmt.Fprintf(os.Stderr, "storing %d series for %d days in %s\n", s.series, s.days, dir)
	built, err := build(ctx, s, filepath.Join(dir, "month"))
	if err != nil {
		return fmt.Errorf("storing the month: %w", err)
	}
	built.report(&t)
	if err := ask(ctx, built, &t); err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	if err := live(ctx, s, filepath.Join(dir, "live"), built, &t); err != nil {
		return fmt.Errorf("measuring what is written: %w", err)
	}
	fmt.Printf("%s/%s, %d CPUs, %s, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), runtime.Version())
	t.print(os.Stdout)
	return nil
}

func runYear(ctx context.Context, s settings, dir string) error {
	dir = filepath.Join(dir, "year")
	if !s.keep {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	var t table
	if err := simulate(ctx, s, dir, &t); err != nil {
		return fmt.Errorf("going through a year: %w", err)
	}
	t.print(os.Stdout)
	return nil
}
