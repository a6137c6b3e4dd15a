package demo

import (
	"fmt"
	"time"
)

// sourcesOf returns the sources of the lab, and of as many copies of it as there
// have to be.
func (l *Lab) sourcesOf() []source {
	all := append(originals(), l.posing()...)
	for copied := 2; len(all) < l.sources; copied++ {
		for _, each := range originals() {
			if len(all) >= l.sources {
				break
			}
			each.id = fmt.Sprintf("%s-%d", each.id, copied)
			each.name = fmt.Sprintf("%s (%d)", each.name, copied)
			each.config.Address = fmt.Sprintf("%s.%d", each.config.Address, copied)
			all = append(all, each)
		}
	}
	return all
}

func originals() []source {
	return []source{
		{id: "homeserver", kind: "demo_machine", name: "Home server", host: HostName, config: config{"192.168.1.10", "large", well}, tags: []string{"core"}},
		{id: "nas", kind: "demo_machine", name: "NAS", host: "nas", config: config{"192.168.1.11", "medium", well}, tags: []string{"core", "storage"}},
		{id: "mediabox", kind: "demo_machine", name: "Media box", host: "mediabox", config: config{"192.168.1.12", "medium", well}},
		{id: "raspberrypi", kind: "demo_machine", name: "Raspberry Pi", host: "raspberrypi", config: config{"192.168.1.13", "small", well}},
		{id: "offsite", kind: "demo_machine", name: "Offsite box", host: "offsite", config: config{"10.8.0.2", "small", well}},

		{id: "nas-drives", kind: "demo_drives", name: "Drives of the NAS", host: "nas", config: config{"192.168.1.11", "large", well}, tags: []string{"storage"}},
		{id: "homeserver-drives", kind: "demo_drives", name: "Drives of the home server", host: HostName, config: config{"192.168.1.10", "small", well}, tags: []string{"storage"}},
		{id: "offsite-drives", kind: "demo_drives", name: "Drives offsite", host: "offsite", config: config{"10.8.0.2", "medium", well}, tags: []string{"storage"}},
		{id: "tank", kind: "demo_pool", name: "Pool tank", host: "nas", config: config{"tank", "large", well}, tags: []string{"storage"}},
		{id: "vault", kind: "demo_pool", name: "Pool vault", host: "offsite", config: config{"vault", "medium", well}, tags: []string{"storage"}},

		{id: "router", kind: "demo_router", name: "Router", host: HostName, config: config{"192.168.1.1", "medium", well}, tags: []string{"core"}},
		{id: "wifi-upstairs", kind: "demo_access_point", name: "Wi-Fi upstairs", host: HostName, config: config{"192.168.1.3", "medium", well}},
		{id: "wifi-garden", kind: "demo_access_point", name: "Wi-Fi in the garden", host: HostName, config: config{"192.168.1.4", "small", moody}, interval: 30 * time.Minute},
		{id: "dns-primary", kind: "demo_resolver", name: "Name server", host: "raspberrypi", config: config{"192.168.1.13", "medium", well}, tags: []string{"core"}},
		{id: "dns-secondary", kind: "demo_resolver", name: "Second name server", host: HostName, config: config{"192.168.1.10", "small", well}},
		{id: "tunnel", kind: "demo_tunnel", name: "Tunnel to offsite", host: HostName, config: config{"10.8.0.1", "medium", well}},

		{id: "ups-rack", kind: "demo_ups", name: "Battery of the rack", host: HostName, config: config{"192.168.1.20", "large", well}, tags: []string{"core"}},
		{id: "ups-desk", kind: "demo_ups", name: "Battery of the desk", host: "mediabox", config: config{"192.168.1.21", "small", well}},
		{id: "solar", kind: "demo_solar", name: "Solar roof", host: HostName, config: config{"192.168.1.40", "medium", well}, tags: []string{"house"}},
		{id: "rooms", kind: "demo_rooms", name: "Rooms", host: HostName, config: config{"192.168.1.41", "medium", well}, tags: []string{"house"}},
		{id: "outside", kind: "demo_rooms", name: "Garden and cellar", host: HostName, config: config{"192.168.1.42", "small", well}, tags: []string{"house"}},

		{id: "containers", kind: "demo_containers", name: "Containers", host: HostName, config: config{"192.168.1.10", "medium", well}, tags: []string{"core"}},
		{id: "media-containers", kind: "demo_containers", name: "Containers of the media box", host: "mediabox", config: config{"192.168.1.12", "small", well}},
		{id: "guests", kind: "demo_guests", name: "Virtual machines", host: HostName, config: config{"192.168.1.10", "medium", well}},

		{id: "photos-database", kind: "demo_database", name: "Database of photos", host: HostName, config: config{"192.168.1.10:5432", "large", well}},
		{id: "cloud-database", kind: "demo_database", name: "Database of the cloud", host: HostName, config: config{"192.168.1.10:3306", "medium", well}},
		{id: "house-database", kind: "demo_database", name: "Database of the house", host: HostName, config: config{"192.168.1.10:5433", "small", well}},
		{id: "cache", kind: "demo_database", name: "Cache", host: HostName, config: config{"192.168.1.10:6379", "medium", well}},

		{id: "cloud", kind: "demo_site", name: "Cloud", host: HostName, config: config{"https://cloud.home.example", "medium", well}, tags: []string{"family"}},
		{id: "photos", kind: "demo_site", name: "Photos", host: HostName, config: config{"https://photos.home.example", "medium", well}, tags: []string{"family"}},
		{id: "home-assistant", kind: "demo_site", name: "Home Assistant", host: HostName, config: config{"https://house.home.example", "medium", well}, tags: []string{"house"}},
		{id: "passwords", kind: "demo_site", name: "Passwords", host: HostName, config: config{"https://passwords.home.example", "medium", well}, tags: []string{"family", "core"}},
		{id: "documents", kind: "demo_site", name: "Documents", host: HostName, config: config{"https://documents.home.example", "medium", well}},
		{id: "git", kind: "demo_site", name: "Git", host: HostName, config: config{"https://git.home.example", "medium", well}},
		{id: "wiki", kind: "demo_site", name: "Wiki", host: HostName, config: config{"https://wiki.home.example", "small", well}},
		{id: "blog", kind: "demo_site", name: "Blog", host: HostName, config: config{"https://blog.example.org", "medium", away}},
		{id: "films", kind: "demo_site", name: "Films", host: "mediabox", config: config{"https://films.home.example", "medium", well}, tags: []string{"family"}},
		{id: "old-wiki", kind: "demo_site", name: "Old wiki", host: HostName, config: config{"https://old.home.example", "medium", well}, paused: true},
		{id: "media", kind: "demo_media", name: "Media server", host: "mediabox", config: config{"192.168.1.12:8096", "medium", well}, tags: []string{"family"}},

		{id: "backup-photos", kind: "demo_backup", name: "Backup of photos", host: "nas", config: config{"tank/photos", "medium", well}, tags: []string{"storage"}},
		{id: "backup-machines", kind: "demo_backup", name: "Backup of machines", host: "nas", config: config{"tank/machines", "large", well}, tags: []string{"storage"}},
		{id: "backup-home", kind: "demo_backup", name: "Backup of home", host: "nas", config: config{"tank/home", "small", well}, tags: []string{"storage"}},
	}
}
