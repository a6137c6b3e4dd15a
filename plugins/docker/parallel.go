package docker

import (
	"context"
	"sync"

	"github.com/unity-homelab/unity/fault"
)

// each calls do for every element, at most n at a time, and returns when all
// calls have returned. Of those that ctx ends first none is started.
func each[T any](ctx context.Context, n int, elements []T, do func(context.Context, T) error) []error {
	errs := make([]error, len(elements))
	next := make(chan int)
	var group sync.WaitGroup
	for range min(n, len(elements)) {
		group.Go(func() {
			for i := range next {
				errs[i] = guard(func() error { return do(ctx, elements[i]) })
			}
		})
	}
	for i := range elements {
		if ctx.Err() != nil {
			errs[i] = ctx.Err()
			continue
		}
		next <- i
	}
	close(next)
	group.Wait()
	return errs
}

// guard turns a panic of a goroutine of ours into its result: nobody above it
// could.
func guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "panic: %v", p)
		}
	}()
	return do()
}
