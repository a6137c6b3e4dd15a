package servers

// QBittorrent is the qBittorrent without a window that is installed. Settings are
// lines of qBittorrent.conf, with WebUI\Port={{port}} among them; what is changed
// while it runs outlives a restart.
func QBittorrent() Engine {
	return scripted(packaged("QBITTORRENT", "qbittorrent-nox", "qbittorrent-nox", listening),
		`mkdir -p qBittorrent/config; [ -e qBittorrent/config/qBittorrent.conf ] || cp settings qBittorrent/config/qBittorrent.conf
port=$(sed -n 's/^WebUI.Port=//p' settings); `+untilItListens+`exec qbittorrent-nox --profile=.`)
}

// Transmission is the daemon of Transmission that is installed. Settings are its
// settings.json, with "rpc-port": {{port}} in it.
func Transmission() Engine {
	return scripted(packaged("TRANSMISSION", "transmission-daemon", "transmission-daemon", "Serving RPC and Web requests"),
		`[ -e settings.json ] || cp settings settings.json; exec transmission-daemon -f -g .`)
}

// Deluge is the daemon and the web interface of Deluge that are installed, the
// daemon at 127.0.0.2. Settings are the port, as port={{port}}, and lines of shell
// that run before both.
func Deluge() Engine {
	return scripted(packaged("DELUGE", "deluge-web", "deluge-web", listening), `. ./settings
[ -e auth ] || echo localclient:only-for-tests:10 > auth
[ -e hostlist.conf ] || echo '{"file": 3, "format": 1}{"hosts": [["first", "127.0.0.2", '$port', "localclient", "only-for-tests"]]}' > hostlist.conf
[ -e core.conf ] || echo '{"file": 1, "format": 1}{"download_location": "'$PWD'", "dht": false, "lsd": false, "upnp": false, "natpmp": false}' > core.conf
rm -f deluged.pid; setpriv --pdeathsig KILL deluged -d -c . -u 127.0.0.2 -i 127.0.0.1 -p $port &
(for i in $(seq 1200); do bash -c "</dev/tcp/127.0.0.2/$port </dev/tcp/127.0.0.1/$port" 2>/dev/null && echo `+listening+` && break; sleep 0.05; done) &
exec deluge-web -d -c . -i 127.0.0.1 -p $port`)
}

// NZBGet is the NZBGet that is installed. Settings are lines of nzbget.conf, with
// ControlPort={{port}} among them.
func NZBGet() Engine {
	return scripted(packaged("NZBGET", "nzbget", "nzbget", listening),
		`port=$(sed -n 's/^ControlPort=//p' settings); `+untilItListens+`exec nzbget -s -c "$PWD/settings" -o MainDir="$PWD" -o OutputMode=log`)
}

// listening is said of a server that does not say itself when it answers, by what
// tries its port.
const (
	listening      = "something listens now"
	untilItListens = `(for i in $(seq 1200); do bash -c "</dev/tcp/127.0.0.1/$port" 2>/dev/null && echo ` + listening + ` && break; sleep 0.05; done) & `
)
