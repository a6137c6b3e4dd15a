package servers

// OpenArena is the server of the game OpenArena that is installed. Settings are
// words of its command line, with +set net_port {{port}} among them. It answers
// over UDP, and moves on to the next port where that one is taken; a bot called
// Sarge plays on it.
func OpenArena() Engine {
	return scripted(packaged("OPENARENA", "openarena-server", "/usr/games/openarena-server", "entered the game"),
		`exec /usr/games/openarena-server +set dedicated 1 +set net_ip 127.0.0.1 +set net_enabled 1 +set bot_enable 1 +set ttycon 0 $(cat settings) +map oa_dm1 +addbot sarge 3`)
}
