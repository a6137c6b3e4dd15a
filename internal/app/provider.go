package app

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/oidc"
	"github.com/unity-homelab/unity/internal/vault"
	"github.com/unity-homelab/unity/plugin"
)

// newProvider returns the provider that the settings name; nil without one. It
// need not be there yet: it is asked when somebody signs in.
func newProvider(settings config.OIDC, sealer *vault.Vault) (api.Elsewhere, error) {
	if !settings.On() {
		return nil, nil //nolint:nilnil // no provider is the usual case, and no fault
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConns: 2, IdleConnTimeout: time.Minute,
	}
	if settings.CAFile != "" {
		known, err := authorities(settings.CAFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: known, MinVersion: tls.VersionTLS12}
	}
	return oidc.New(oidc.Settings{
		Issuer: settings.Issuer, Client: settings.ClientID, Secret: plugin.Secret(settings.ClientSecret).Reveal,
		Scopes: settings.Scopes, RoleClaim: settings.RoleClaim, Transport: transport, Sealer: sealer, Now: time.Now,
	}), nil
}

// authorities returns those of the system and those of a file.
func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.As(fault.Config, err, "reading auth.oidc.ca_file")
	}
	known, err := x509.SystemCertPool()
	if err != nil {
		known = x509.NewCertPool()
	}
	if !known.AppendCertsFromPEM(text) {
		return nil, fault.New(fault.Config, "auth.oidc.ca_file %s has no certificate in PEM", file)
	}
	return known, nil
}

// providerOf returns what accounts know of the provider.
func providerOf(settings config.OIDC) auth.Provider {
	if !settings.On() {
		return auth.Provider{}
	}
	roles := make(map[string]auth.Role)
	for group, role := range settings.RoleOf() {
		roles[group] = auth.Role(role)
	}
	return auth.Provider{
		Name: settings.Name, Issuer: settings.Issuer, Client: settings.ClientID, Roles: roles,
		Default: auth.Role(settings.DefaultRole), Create: settings.CreateAccounts, SignOut: settings.SignOut,
	}
}
