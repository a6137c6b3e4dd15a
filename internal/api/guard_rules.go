package api

import (
	"github.com/unity-homelab/unity/internal/auth"
)

// rule says who may use a route. The zero rule lets nobody in.
type rule struct {
	open bool // anybody, without a login
	// least is the role that is needed.
	least auth.Role
	// leastToken is the role that a token has to be worth, when that is more: a
	// token for reading must not lead to one for everything.
	leastToken auth.Role
	// action is what is written down when somebody did it; "" for what changes
	// nothing.
	action string
}

func open() rule                 { return rule{open: true} }
func needs(least auth.Role) rule { return rule{least: least, leastToken: least} }

// personal is for what belongs to whoever is signed in. Of tokens only those
// for everything may do it.
func personal() rule { return rule{least: auth.Viewer, leastToken: auth.Admin} }

func (r rule) does(action string) rule {
	r.action = action
	return r
}

// lets reports whether somebody may use the route.
func (r rule) lets(who auth.Identity) bool {
	switch {
	case r.open:
		return true
	case who.Via == auth.ViaToken:
		return who.Role.Includes(r.leastToken)
	default:
		return who.Role.Includes(r.least)
	}
}

// rules is the table of route and who may use it. What is not in it is closed.
func rules() map[string]rule {
	viewer, editor, admin := needs(auth.Viewer), needs(auth.Editor), needs(auth.Admin)
	table := map[string]rule{
		// What anybody who can reach the address gets: the interface itself,
		// which holds no data, and the way in.
		"/":                        open(),
		"/api/":                    open(), // says that there is no such route
		"GET /health":              open(),
		"GET /ready":               open(),
		"GET /api/v1/auth":         open(),
		"POST /api/v1/auth/setup":  open(),
		"POST /api/v1/auth/login":  open(),
		"POST /api/v1/auth/logout": open(),
		// To the provider of OpenID Connect, and back.
		"GET /api/v1/auth/oidc": open(),
		"GET " + callback:       open(),

		"GET /api/docs":             viewer,
		"GET /api/openapi.json":     viewer,
		"GET /api/openapi.yaml":     viewer,
		"GET /api/openapi-3.0.json": viewer,
		"GET /api/openapi-3.0.yaml": viewer,

		"GET /api/v1/live":          viewer,
		"GET /api/v1/summary":       viewer,
		"GET /api/v1/hosts":         viewer,
		"GET /api/v1/hosts/{id}":    viewer,
		"PUT /api/v1/hosts/{id}":    editor.does("host.change"),
		"DELETE /api/v1/hosts/{id}": admin.does("host.delete"),
		"GET /api/v1/overview":      viewer,
		"GET /api/v1/categories":    viewer,
		"GET /api/v1/system":        viewer,
		"GET /api/v1/settings":      admin,
		"PUT /api/v1/settings":      admin.does("settings.change"),
		"GET /metrics":              viewer,

		"GET /api/v1/sources/{id}/snapshots":            viewer,
		"GET /api/v1/sources/{id}/snapshots/difference": viewer,

		"GET /api/v1/database":              viewer,
		"GET /api/v1/events":                viewer,
		"GET /api/v1/plugins":               viewer,
		"GET /api/v1/plugins/{id}":          viewer,
		"GET /api/v1/sources":               viewer,
		"GET /api/v1/sources/{id}":          viewer,
		"GET /api/v1/sources/{id}/runs":     viewer,
		"GET /api/v1/sources/{id}/latest":   viewer,
		"GET /api/v1/sources/{id}/snapshot": viewer,
		"GET /api/v1/sources/{id}/history":  viewer,

		"GET /api/v1/dashboards":         viewer,
		"GET /api/v1/dashboards/{id}":    viewer,
		"POST /api/v1/dashboards":        editor.does("dashboard.create"),
		"PUT /api/v1/dashboards/{id}":    editor.does("dashboard.change"),
		"DELETE /api/v1/dashboards/{id}": editor.does("dashboard.delete"),

		// These make Unity connect to where somebody wants, and show the answer.
		"GET /api/v1/detections":            editor,
		"POST /api/v1/sources/test":         editor.does("source.test"),
		"POST /api/v1/sources":              editor.does("source.create"),
		"PUT /api/v1/sources/{id}":          editor.does("source.change"),
		"DELETE /api/v1/sources/{id}":       editor.does("source.delete"),
		"POST /api/v1/sources/{id}/enable":  editor.does("source.enable"),
		"POST /api/v1/sources/{id}/disable": editor.does("source.disable"),
		"POST /api/v1/sources/{id}/run":     editor.does("source.run"),

		"GET /api/v1/sources/export":          editor,
		"POST /api/v1/sources/import":         editor.does("source.import"),
		"GET /api/v1/config/difference":       editor,
		"POST /api/v1/config/apply":           editor.does("config.apply"),
		"POST /api/v1/config/write":           admin.does("config.write"),
		"POST /api/v1/sources/bulk":           editor.does("source.bulk"),
		"POST /api/v1/sources/{id}/pause":     editor.does("source.pause"),
		"POST /api/v1/sources/{id}/duplicate": editor.does("source.create"),

		"GET /api/v1/me":                viewer,
		"POST /api/v1/me/password":      personal().does("password.change"),
		"POST /api/v1/me/factor":        personal(),
		"PUT /api/v1/me/factor":         personal().does("factor.set"),
		"POST /api/v1/me/factor/remove": personal().does("factor.remove"),
		"POST /api/v1/me/oidc":          personal(),
		"POST /api/v1/me/oidc/remove":   personal().does("account.unlink"),
		"GET /api/v1/sessions":          personal(),
		"DELETE /api/v1/sessions/{id}":  personal().does("session.end"),
		"GET /api/v1/tokens":            personal(),
		"POST /api/v1/tokens":           personal().does("token.create"),
		"DELETE /api/v1/tokens/{id}":    personal().does("token.revoke"),
		"POST /api/v1/auth/setup-code":  admin.does("setup-code.create"),
		"GET /api/v1/users":             admin,
		"POST /api/v1/users":            admin.does("user.create"),
		"PUT /api/v1/users/{id}":        admin.does("user.change"),
		"DELETE /api/v1/users/{id}":     admin.does("user.delete"),
		"GET /api/v1/audit":             admin,
		"POST /api/v1/secrets/rotate":   admin.does("secrets.rotate"),
		// All secrets are in it.
		"GET /api/v1/database/archive": admin.does("database.export"),
		"POST /api/v1/database/check":  admin,
	}
	// Queries only read, whichever way they are sent.
	table["/prometheus/"] = open() // says that there is no such route
	for _, path := range []string{
		"query", "query_range", "format_query", "series", "labels", "label/{name}/values", "metadata", "query_exemplars",
		"rules", "alerts", "status/buildinfo",
	} {
		table["GET /prometheus/api/v1/"+path] = viewer
	}
	for _, path := range []string{"query", "query_range", "format_query", "series", "labels", "query_exemplars"} {
		table["POST /prometheus/api/v1/"+path] = viewer
	}
	return table
}
