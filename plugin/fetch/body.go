package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/unity-homelab/unity/fault"
)

// beginning remembers how what is read through it begins.
type beginning struct {
	from io.Reader
	seen []byte
}

// Read implements io.Reader.
func (b *beginning) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if room := 64 - len(b.seen); room > 0 {
		b.seen = append(b.seen, p[:min(n, room)]...)
	}
	return n, err
}

func (b *beginning) looksLikeHTML() bool {
	return bytes.HasPrefix(bytes.TrimSpace(b.seen), []byte("<"))
}

// bounded is the body of an answer. Reading beyond the bound, a connection that
// ends and a deadline that passes are faults.
type bounded struct {
	c      *Client
	ctx    context.Context //nolint:containedctx // the request's, to tell why reading stopped
	r      Request
	body   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, err := b.body.Read(one[:]); n == 0 {
			return 0, b.fault(err)
		}
		return 0, fault.New(fault.BadAnswer, "%s %s: the answer is larger than %s", method(b.r), b.c.URL(b.r.Path), size(b.c.maxBody))
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, b.fault(err)
}

func (b *bounded) fault(err error) error {
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return b.c.explain(b.ctx, b.r, err)
}

// Close implements io.Closer.
func (b *bounded) Close() error {
	defer b.cancel()
	return b.body.Close()
}
