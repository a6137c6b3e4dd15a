package sqlite

import (
	"path"
	"slices"
	"strings"
)

// known is an application that keeps its data in SQLite.
type known struct {
	app  string
	file string
	hint string // a part of the path where the file's name says too little
}

// applications are those that homes run, with the names of their files.
func applications() []known {
	return []known{
		{"home-assistant", "home-assistant_v2.db", ""},
		{"vaultwarden", "db.sqlite3", "vaultwarden"},
		{"vaultwarden", "db.sqlite3", "bitwarden"},
		{"paperless", "db.sqlite3", "paperless"},
		{"jellyseerr", "db.sqlite3", "jellyseerr"},
		{"overseerr", "db.sqlite3", "overseerr"},
		{"uptime-kuma", "kuma.db", ""},
		{"jellyfin", "jellyfin.db", ""},
		{"jellyfin", "library.db", "jellyfin"},
		{"plex", "com.plexapp.plugins.library.db", ""},
		{"sonarr", "sonarr.db", ""},
		{"radarr", "radarr.db", ""},
		{"prowlarr", "prowlarr.db", ""},
		{"lidarr", "lidarr.db", ""},
		{"readarr", "readarr.db", ""},
		{"bazarr", "bazarr.db", ""},
		{"pi-hole", "pihole-FTL.db", ""},
		{"pi-hole", "gravity.db", ""},
		{"grafana", "grafana.db", ""},
		{"gitea", "gitea.db", ""},
		{"forgejo", "forgejo.db", ""},
		{"nginx-proxy-manager", "database.sqlite", "npm"},
		{"nginx-proxy-manager", "database.sqlite", "nginx-proxy-manager"},
		{"n8n", "database.sqlite", "n8n"},
		{"headscale", "db.sqlite", "headscale"},
		{"unity", "unity.db", ""},
	}
}

// application recognises whose database a file is, or returns "".
func application(name string) string {
	lower := strings.ToLower(name)
	for _, k := range applications() {
		if strings.EqualFold(path.Base(name), k.file) && strings.Contains(lower, k.hint) {
			return k.app
		}
	}
	return ""
}

// labels gives files short names that tell them apart: the file with its folder,
// and with more folders where two would be called the same, or where the folder
// is called as it is everywhere.
func labels(names []string) map[string]string {
	short := make(map[string]string, len(names))
	steps := make(map[string]int, len(names))
	for _, name := range names {
		parts := strings.Split(strings.Trim(name, "/"), "/")
		n := min(2, len(parts))
		for n < len(parts) && isCommon(parts[len(parts)-n]) {
			n++
		}
		steps[name] = n
		short[name] = strings.Join(parts[len(parts)-n:], "/")
	}
	for {
		count := make(map[string]int, len(names))
		for _, name := range names {
			count[short[name]]++
		}
		grown := false
		for _, name := range names {
			parts := strings.Split(strings.Trim(name, "/"), "/")
			if count[short[name]] > 1 && steps[name] < len(parts) {
				steps[name]++
				short[name] = strings.Join(parts[len(parts)-steps[name]:], "/")
				grown = true
			}
		}
		if !grown {
			return short
		}
	}
}

// isCommon reports whether a folder's name says nothing about whose it is.
func isCommon(folder string) bool {
	return slices.Contains([]string{"_data", "data", "db", "config", "database", "databases", "storage", "app"}, strings.ToLower(folder))
}
