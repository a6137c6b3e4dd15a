# Runs sshd in namespaces of its own: with a user that only it knows, addresses
# that only it has, and a /dev/log that leads to the test's rsyslogd.
set -e
folder=$1
mkdir -p /run/sshd "$folder/dev"
mount -t tmpfs none "$folder/dev"
for node in null zero full random urandom tty; do
	touch "$folder/dev/$node"
	mount --bind "/dev/$node" "$folder/dev/$node"
done
mkdir "$folder/dev/shm"
ln -s "$folder/s" "$folder/dev/log"
mount --rbind "$folder/dev" /dev
for name in passwd shadow; do
	cp "/etc/$name" "$folder/$name"
	cat "$folder/$name.more" >>"$folder/$name"
	mount --bind "$folder/$name" "/etc/$name"
done
ip link set lo up
ip address add 203.0.113.5/32 dev lo
ip address add 203.0.113.6/32 dev lo
exec /usr/sbin/sshd -D -f "$folder/sshd_config"
