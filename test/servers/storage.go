package servers

// Rclone is the rclone that is installed, which keeps repositories for restic over
// HTTP. Settings are port={{port}}, folder=, user= and password=, as lines of shell.
func Rclone() Engine {
	return scripted(packaged("RCLONE", "rclone", "rclone", "Serving restic REST API on"),
		`. ./settings; exec rclone serve restic --config "" --addr 127.0.0.1:$port --user "$user" --pass "$password" "$folder"`)
}
