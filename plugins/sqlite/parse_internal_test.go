package sqlite

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
)

func TestFilesAreCalledSoThatTheyAreToldApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]string{
		"one": {"/srv/vaultwarden/db.sqlite3": "vaultwarden/db.sqlite3"},
		"folders that say nothing": {
			"/var/lib/docker/volumes/vw/_data/db.sqlite3": "vw/_data/db.sqlite3",
			"/opt/shop/data/config/shop.db":               "shop/data/config/shop.db",
		},
		"twins": {
			"/srv/a/app/x.db": "a/app/x.db", "/srv/b/app/x.db": "b/app/x.db", "/srv/c/x.db": "c/x.db",
		},
		"twins far apart": {"/one/same/app.d/x.db": "one/same/app.d/x.db", "/two/same/app.d/x.db": "two/same/app.d/x.db"},
		"at the root":     {"/x.db": "x.db", "/data/x.db": "data/x.db"},
	} {
		var names []string
		for path := range want {
			names = append(names, path)
		}
		if diff := cmp.Diff(want, labels(names)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestApplicationsAreRecognised(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/srv/Vaultwarden/data/db.sqlite3":                        "vaultwarden",
		"/var/lib/docker/volumes/paperless_data/_data/db.sqlite3": "paperless",
		"/srv/other/db.sqlite3":                                   "",
		"/config/home-assistant_v2.db":                            "home-assistant",
		"/var/lib/plex/Library/com.plexapp.plugins.library.db":    "plex",
		"/opt/npm/data/database.sqlite":                           "nginx-proxy-manager",
		"/srv/n8n/database.sqlite":                                "n8n",
		"/var/lib/docker/volumes/uptime-kuma/_data/kuma.db":       "uptime-kuma",
		"/etc/pihole/pihole-FTL.db":                               "pi-hole",
		"/var/lib/unity/data/unity.db":                            "unity",
		"/opt/sonarr/config/sonarr.db":                            "sonarr",
		"/home/anna/docker/gitea/data/gitea/gitea.db":             "gitea",
		"/var/lib/jellyfin/data/library.db":                       "jellyfin",
		"/srv/books/library.db":                                   "",
		"/srv/grafana/grafana.db.bak":                             "",
	} {
		if got := application(path); got != want {
			t.Errorf("%s is taken for %q, want %q", path, got, want)
		}
	}
}

func TestFilesOnOtherMachinesAreKnown(t *testing.T) {
	t.Parallel()
	found := parseMounts(strings.Join([]string{
		`22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw`,
		`40 22 0:44 / /mnt/nas rw,relatime shared:2 - nfs4 nas:/export rw,vers=4.2`,
		`41 40 0:45 / /mnt/nas/local rw - btrfs /dev/sdb rw`,
		`42 22 0:46 / /mnt/my\040share rw - cifs //nas/share rw`,
		`garbled`, ` - `, `1 2 3 - x`, ``,
	}, "\n"))
	for path, want := range map[string]string{
		"/srv/x.db": "", "/mnt/nas/x.db": "nfs4", "/mnt/nas/deep/er/x.db": "nfs4", "/mnt/nas/local/x.db": "",
		"/mnt/nashorn/x.db": "", "/mnt/my share/x.db": "cifs", "/x.db": "",
	} {
		if got := found.remote(path); got != want {
			t.Errorf("%s is on %q, want %q", path, got, want)
		}
	}
	if got := mounts(nil).remote("/srv/x.db"); got != "" {
		t.Errorf("without a table of mounts: %q", got)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("SQLite format 3\x00"), int64(16))
	f.Add(append([]byte("SQLite format 3\x00\x10\x00\x02\x02\x00\x40\x20\x20"), make([]byte, 76)...), int64(4096))
	f.Add([]byte{}, int64(0))
	f.Fuzz(func(t *testing.T, text []byte, size int64) {
		head, err := parseHeader(text, size)
		if err != nil {
			if fault.Of(err) != fault.BadAnswer {
				t.Errorf("kind %s: %v", fault.Of(err), err)
			}
			return
		}
		if head.freePages < 0 || head.freePages > max(head.pages, 0) || head.pageSize < 0 || head.pageSize > 65536 {
			t.Errorf("%+v", head)
		}
		checkpoints(text)
		isJournal(text)
	})
}

func FuzzMounts(f *testing.F) {
	f.Add("40 22 0:44 / /mnt/nas rw - nfs4 nas:/export rw\n", "/mnt/nas/x.db")
	f.Fuzz(func(_ *testing.T, text, name string) { parseMounts(text).remote(name) })
}
