//go:build !linux

package vpn

import "errors"

// kernel can only be asked on Linux; elsewhere the program wg is.
type kernel struct{}

func (*kernel) close() error { return nil }

func (*kernel) read([]string) ([]device, error) { return nil, errors.ErrUnsupported }
