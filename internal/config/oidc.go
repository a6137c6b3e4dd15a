package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// On reports whether there is a provider.
func (o OIDC) On() bool { return o.Issuer != "" }

// RoleOf returns the role of each group.
func (o OIDC) RoleOf() map[string]string {
	roles, _ := parseRoles(o.Roles)
	return roles
}

// validateOIDC reports what is wrong with who may sign in elsewhere.
func (c Config) validateOIDC(report func(path, message string)) {
	o := c.Auth.OIDC
	if !c.Auth.Passwords && !o.On() && c.Auth.ProxyUserHeader == "" {
		report("auth.passwords", "cannot be off when there is neither auth.oidc nor auth.proxy_user_header: nobody could sign in")
	}
	if !o.On() {
		if o.ClientID != "" || o.ClientSecret != "" {
			report("auth.oidc.issuer", "is needed with a client; write for example https://auth.example.org")
		}
		return
	}
	if problem := checkIssuer(o.Issuer); problem != "" {
		report("auth.oidc.issuer", problem)
	}
	if o.ClientID == "" {
		report("auth.oidc.client_id", "is needed: what the provider calls Unity")
	}
	if len(o.Scopes) > 0 && !slices.Contains(o.Scopes, "openid") {
		report("auth.oidc.scopes", "lacks openid, without which the provider does not say who somebody is")
	}
	if o.RoleClaim == "" {
		report("auth.oidc.role_claim", "is empty; write for example groups")
	}
	if _, wrong := parseRoles(o.Roles); wrong != "" {
		report("auth.oidc.roles", `"`+wrong+`" is not GROUP=ROLE with the role viewer, editor or admin`)
	}
	switch {
	case o.DefaultRole != "" && !isRole(o.DefaultRole):
		report("auth.oidc.default_role", `"`+o.DefaultRole+`" is no role; write viewer, editor or admin`)
	case o.CreateAccounts && o.DefaultRole == "" && len(o.Roles) == 0:
		report("auth.oidc.create_accounts", "needs auth.oidc.roles or auth.oidc.default_role: a new account has a role")
	}
}

// checkIssuer returns what is wrong with the address, or "". Whoever can change
// what the provider says would be administrator, so it has to be encrypted.
func checkIssuer(issuer string) string {
	parsed, err := url.Parse(issuer)
	if err != nil || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" || len(issuer) > 244 {
		return "is not the address of a provider; write for example https://auth.example.org"
	}
	host := parsed.Hostname()
	address, err := netip.ParseAddr(host)
	near := host == "localhost" || err == nil && address.IsLoopback()
	if parsed.Scheme != "https" && (parsed.Scheme != "http" || !near) {
		return `"` + issuer + `" is not encrypted; write https:// (http:// is for this machine only, such as http://` + net.JoinHostPort("127.0.0.1", "9000") + ")"
	}
	return ""
}

func isRole(text string) bool { return slices.Contains([]string{"viewer", "editor", "admin"}, text) }

// parseRoles returns the role of each group, and the first text that says none.
// The last = parts them: a group may have one in its name.
func parseRoles(texts []string) (roles map[string]string, wrong string) {
	roles = make(map[string]string)
	for _, text := range texts {
		at := strings.LastIndexByte(text, '=')
		if at < 1 || !isRole(strings.TrimSpace(text[at+1:])) {
			return roles, text
		}
		roles[strings.TrimSpace(text[:at])] = strings.TrimSpace(text[at+1:])
	}
	return roles, ""
}
