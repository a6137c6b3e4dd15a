package plugin

import "context"

type observerKey struct{}

// Observe returns a context in which what a collector asks over a protocol of its
// own is reported, question and answer, so that it can be written down. HTTP has
// the same in package fetch.
func Observe(ctx context.Context, observer func(question string, answer []byte)) context.Context {
	return context.WithValue(ctx, observerKey{}, observer)
}

// Observed reports a question and its answer, in the form that the plugin's cases
// have, to whoever observes. The answer is made only when somebody does.
func Observed(ctx context.Context, question string, answer func() []byte) {
	if observer, ok := ctx.Value(observerKey{}).(func(string, []byte)); ok {
		observer(question, answer())
	}
}
