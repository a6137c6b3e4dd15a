//go:build !unix

package main

import "time"

// processorTime is not known here; figures that need it say 0.
func processorTime() time.Duration { return 0 }
