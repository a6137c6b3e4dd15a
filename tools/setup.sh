#!/usr/bin/env bash
# Makes the machine ready for `make test`. On Debian and its kin, as root, it
# installs what is missing; elsewhere it says what is missing and what will be
# skipped. With CI=true a thing that is missing ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=0
lacks() { # what, what is lost without it
	echo "missing: $1 ($2)"
	missing=$((missing + 1))
}

# package, program it brings, what is lost without it
packages=(
	"gcc:gcc:the race detector"
	"libc6-dev:/usr/include/stdlib.h:the race detector"
	"chromium:chromium:the browser test"
	"docker.io:dockerd:the test of plugin docker against a real engine"
	"busybox-static:busybox:the containers of that test"
	"podman:podman:the test of plugin docker against Podman"
	"postgresql:/usr/lib/postgresql/*/bin/initdb:the tests on PostgreSQL"
	"mariadb-server-core:/usr/sbin/mariadbd:the tests on MariaDB"
	"mariadb-client-core:mariadb:comparing with its client"
	"redis-server:redis-server:the tests of plugin redis"
	"influxdb:influxd:the tests of plugin influxdb"
	"prometheus:prometheus:comparing answers with Prometheus"
	"sqlite3:sqlite3:comparing with sqlite3"
	"smartmontools:/usr/sbin/smartctl:comparing with smartctl"
	"btrfs-progs:/usr/bin/btrfs:the tests of plugin zfsbtrfs on Btrfs"
	"zfs-fuse:/usr/sbin/zfs-fuse:the tests of plugin zfsbtrfs on ZFS"
	"sudo:sudo:proving the lines for sudo of plugins zfsbtrfs and firewall"
	"nftables:/usr/sbin/nft:the tests of plugin firewall on nftables"
	"iptables:/usr/sbin/iptables:the tests of plugin firewall on iptables"
	"ufw:/usr/sbin/ufw:the tests of plugin firewall on ufw"
	"firewalld:/usr/sbin/firewalld:the tests of plugin firewall on firewalld"
	"nut-server:/lib/nut/upsd:the tests of plugin ups on NUT"
	"nut-client:upsc:comparing with upsc"
	"snmpd:/usr/sbin/snmpd:the tests of plugin networkswitch"
	"snmp:snmpwalk:comparing with snmpwalk"
	"snmpsim:/usr/bin/snmpsimd:the tests of plugin networkswitch on a large switch"
	"openipmi:ipmi_sim:the tests of plugin ipmi"
	"ipmitool:ipmitool:the tests of plugin ipmi, and comparing with it"
	"haproxy:/usr/sbin/haproxy:the tests of plugin reverseproxy on HAProxy"
	"caddy:caddy:the tests of plugin reverseproxy on Caddy"
	"nginx-light:/usr/sbin/nginx:the tests of plugin reverseproxy on nginx"
	"openvpn:/usr/sbin/openvpn:the tests of plugin vpn on OpenVPN"
	"wireguard-tools:wg:comparing with wg"
	"openssh-server:/usr/sbin/sshd:the tests of plugin auth on sshd"
	"openssh-client:ssh:the tests of plugin auth on sshd"
	"fail2ban:fail2ban-server:the tests of plugin auth on fail2ban"
	"rsyslog:/usr/sbin/rsyslogd:the tests of plugins auth and log on rsyslog"
	"logrotate:/usr/sbin/logrotate:the tests of plugin log on logrotate"
	"systemd:journalctl:the tests of plugins auth and log on a journal"
	"systemd-journal-remote:/lib/systemd/systemd-journal-remote:the tests of plugins auth and log on a journal"
	"openssl:openssl:comparing certificates with openssl"
	"dovecot-imapd:/usr/lib/dovecot/imap-login:the tests of plugin certificate on mail servers"
	"dovecot-pop3d:/usr/lib/dovecot/pop3-login:the tests of plugin certificate on mail servers"
	"dovecot-submissiond:/usr/lib/dovecot/submission-login:the tests of plugin certificate on mail servers"
	"postfix:/usr/sbin/postfix:the tests of plugin emailserver on Postfix"
	"rspamd:rspamd:the tests of plugin emailserver on rspamd"
	"unbound:/usr/sbin/unbound:the tests of plugin dns on Unbound"
	"dnsmasq-base:/usr/sbin/dnsmasq:the tests of plugin dns on dnsmasq"
	"syncthing:syncthing:the tests of plugin syncthing"
	"qbittorrent-nox:qbittorrent-nox:the tests of plugin downloadmanager on qBittorrent"
	"transmission-daemon:transmission-daemon:the tests of plugin downloadmanager on Transmission"
	"deluged:deluged:the tests of plugin downloadmanager on Deluge"
	"deluge-web:deluge-web:the tests of plugin downloadmanager on Deluge"
	"nzbget:nzbget:the tests of plugin downloadmanager on NZBGet"
	"openarena-server:/usr/games/openarena-server:the tests of plugin gameserver on OpenArena"
	"qstat:quakestat:comparing with quakestat"
	"iproute2:ip:network tests"
	"procps:free:comparing with free"
	"restic:restic:the tests of plugin backup on restic"
	"rclone:rclone:the tests of plugin backup on storage elsewhere"
	"borgbackup:borg:the tests of plugin backup on Borg"
	"acl:setfacl:the tests of plugin backup without rights"
)

there() { command -v "$1" >/dev/null 2>&1 || { [[ $1 == /* ]] && compgen -G "$1" >/dev/null; }; }

install=()
for entry in "${packages[@]}"; do
	IFS=: read -r package program _ <<<"$entry"
	there "$program" || install+=("$package")
done
if ((${#install[@]})) && [[ $(id -u) == 0 ]] && there apt-get; then
	echo "installing ${install[*]}"
	if [[ " ${install[*]} " == *" firewalld "* ]]; then
		# Debian would start it, and it closes the machine; the tests need the program only.
		mkdir -p /etc/systemd/system
		ln -sf /dev/null /etc/systemd/system/firewalld.service
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${install[@]}" >/dev/null
fi
for entry in "${packages[@]}"; do
	IFS=: read -r package program loses <<<"$entry"
	there "$program" || lacks "$package" "skipping $loses"
done

if there node && there npm; then
	for folder in web test/e2e test/servers/timescale test/servers/postgres test/servers/oidc tools/spectral; do
		lock=$folder/package-lock.json
		if [[ ! -e $lock ]]; then
			continue
		elif [[ $folder/node_modules/.package-lock.json -nt $lock && $folder/node_modules/.package-lock.json -nt $folder/package.json ]]; then
			echo "$folder: packages are there"
		else
			echo "$folder: npm ci"
			npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
		fi
	done
else
	lacks "node and npm" "skipping the checks of the interface, the browser test and the tests on TimescaleDB"
fi

# apcupsd cannot be installed beside NUT; unpacked it can.
apcupsd=test/servers/apcupsd
if ! there apcupsd && [[ ! -x $apcupsd/sbin/apcupsd ]]; then
	if [[ $(id -u) == 0 ]] && there apt-get; then
		echo "$apcupsd: unpacking"
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libusb-0.1-4 >/dev/null
		unpacked=$(mktemp -d)
		chmod 755 "$unpacked"
		(cd "$unpacked" && apt-get download -qq apcupsd && dpkg-deb -x apcupsd_*.deb .)
		mkdir -p $apcupsd/sbin
		cp "$unpacked"/sbin/apcupsd "$unpacked"/sbin/apcaccess $apcupsd/sbin/
		rm -rf "$unpacked"
	else
		lacks "apcupsd" "skipping a test of plugin ups"
	fi
fi

# FerretDB is a module of its own, built once: the tests of plugin mongodb.
ferretdb=test/servers/ferretdb
if there go && [[ ! $ferretdb/bin/ferretdb -nt $ferretdb/go.sum ]]; then
	echo "$ferretdb: go build"
	go build -C $ferretdb -o bin/ferretdb . || lacks "FerretDB" "skipping the tests of plugin mongodb"
fi

if ((missing)) && [[ -n ${CI:-} ]]; then
	echo "CI is set: nothing may be skipped"
	exit 1
fi
