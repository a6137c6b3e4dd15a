// Package plugins lists the built-in plugins.
package plugins

import (
	"embed"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/auth"
	"github.com/unity-homelab/unity/plugins/backup"
	"github.com/unity-homelab/unity/plugins/bitwarden"
	"github.com/unity-homelab/unity/plugins/certificate"
	"github.com/unity-homelab/unity/plugins/disk"
	"github.com/unity-homelab/unity/plugins/dns"
	"github.com/unity-homelab/unity/plugins/docker"
	"github.com/unity-homelab/unity/plugins/downloadmanager"
	"github.com/unity-homelab/unity/plugins/emailserver"
	"github.com/unity-homelab/unity/plugins/firewall"
	"github.com/unity-homelab/unity/plugins/gameserver"
	"github.com/unity-homelab/unity/plugins/gitserver"
	"github.com/unity-homelab/unity/plugins/homeassistant"
	"github.com/unity-homelab/unity/plugins/influxdb"
	"github.com/unity-homelab/unity/plugins/ipmi"
	"github.com/unity-homelab/unity/plugins/kubernetes"
	"github.com/unity-homelab/unity/plugins/log"
	"github.com/unity-homelab/unity/plugins/mediaserver"
	"github.com/unity-homelab/unity/plugins/mongodb"
	"github.com/unity-homelab/unity/plugins/mysql"
	"github.com/unity-homelab/unity/plugins/network"
	"github.com/unity-homelab/unity/plugins/networkswitch"
	"github.com/unity-homelab/unity/plugins/nextcloud"
	"github.com/unity-homelab/unity/plugins/nginxproxymanager"
	"github.com/unity-homelab/unity/plugins/photomanager"
	"github.com/unity-homelab/unity/plugins/postgres"
	"github.com/unity-homelab/unity/plugins/process"
	"github.com/unity-homelab/unity/plugins/proxmox"
	"github.com/unity-homelab/unity/plugins/redis"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
	"github.com/unity-homelab/unity/plugins/smart"
	"github.com/unity-homelab/unity/plugins/sqlite"
	"github.com/unity-homelab/unity/plugins/syncthing"
	"github.com/unity-homelab/unity/plugins/systeminfo"
	"github.com/unity-homelab/unity/plugins/temperature"
	"github.com/unity-homelab/unity/plugins/ups"
	"github.com/unity-homelab/unity/plugins/vpn"
	"github.com/unity-homelab/unity/plugins/vpnmesh"
	"github.com/unity-homelab/unity/plugins/webservice"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// readmes are the plugins' pages, which the interface shows beside the form.
//
//go:embed */README.md
var readmes embed.FS

// All returns every built-in plugin, in the order in which people see them.
func All() []plugin.Plugin {
	all := []plugin.Plugin{
		systeminfo.Plugin(),
		process.Plugin(),
		disk.Plugin(),
		network.Plugin(),
		temperature.Plugin(),
		smart.Plugin(),
		zfsbtrfs.Plugin(),
		docker.Plugin(),
		kubernetes.Plugin(),
		proxmox.Plugin(),
		postgres.Plugin(),
		mysql.Plugin(),
		mongodb.Plugin(),
		redis.Plugin(),
		influxdb.Plugin(),
		sqlite.Plugin(),
		webservice.Plugin(),
		reverseproxy.Plugin(),
		nginxproxymanager.Plugin(),
		vpn.Plugin(),
		vpnmesh.Plugin(),
		firewall.Plugin(),
		certificate.Plugin(),
		dns.Plugin(),
		ups.Plugin(),
		networkswitch.Plugin(),
		ipmi.Plugin(),
		auth.Plugin(),
		log.Plugin(),
		mediaserver.Plugin(),
		downloadmanager.Plugin(),
		homeassistant.Plugin(),
		syncthing.Plugin(),
		emailserver.Plugin(),
		backup.Plugin(),
		gitserver.Plugin(),
		photomanager.Plugin(),
		gameserver.Plugin(),
		nextcloud.Plugin(),
		bitwarden.Plugin(),
	}
	for i, p := range all {
		page, err := readmes.ReadFile(plugin.Folder(p.ID()) + "/README.md")
		if err != nil {
			panic(err) // a test compares the list with the folders
		}
		all[i] = p.Documented(string(page))
	}
	return all
}
