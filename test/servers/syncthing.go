package servers

// Syncthing is the Syncthing that is installed. Settings are lines of its
// config.xml, with the address of the gui 127.0.0.1:{{port}}; what is changed
// while it runs outlives a restart.
func Syncthing() Engine {
	return scripted(packaged("Syncthing", "syncthing", "syncthing", "Access the GUI via the following URL"),
		"[ -e config.xml ] || cp settings config.xml; STNOUPGRADE=1 exec syncthing serve --home=. --no-browser --no-restart")
}

// scripted has a line of shell start the server, in its folder; the line has to
// end in the server itself.
func scripted(server alone, line string) Engine {
	if server.program != "" {
		server.program = "/bin/sh"
	}
	return daemon{alone: server, args: func(string) []string { return []string{"-c", line} }}
}
