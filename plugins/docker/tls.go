package docker

import (
	"cmp"
	"crypto/tls"
	"net"
	"path/filepath"

	"github.com/unity-homelab/unity/fault"
)

// target returns where the configured engine answers, and how TLS is spoken to
// it; nil when it is not.
func (c config) target(env environment) (endpoint, *tls.Config, error) {
	text := c.Endpoint
	if text == "ENV" {
		text = cmp.Or(env("DOCKER_HOST"), "unix:///var/run/docker.sock")
		if dir := env("DOCKER_CERT_PATH"); dir != "" && c.CertFile == "" {
			c.CAFile = filepath.Join(dir, "ca.pem")
			c.CertFile, c.KeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
			c.Verify = env("DOCKER_TLS_VERIFY") != ""
		}
	}
	at, err := parseEndpoint(text, c.CertFile != "")
	if err != nil || !at.secure {
		return at, nil, err
	}
	security, err := c.TLS.Config()
	if err != nil {
		return at, nil, err
	}
	if security.ServerName == "" {
		host, _, err := net.SplitHostPort(at.address)
		if err != nil {
			return at, nil, fault.As(fault.Config, err, "endpoint %s", at)
		}
		security.ServerName = host
	}
	return at, security, nil
}
