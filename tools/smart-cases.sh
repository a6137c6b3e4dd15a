#!/usr/bin/env bash
# Records the cases of plugin smart from drives that QEMU pretends to have: SATA,
# SCSI, NVMe, one behind a MegaRAID controller and one behind a USB bridge. It
# also proves the line for sudo that the README recommends, and compares what the
# plugin says with smartctl while a drive begins to fail. It needs Debian, with
# the packages qemu-system-x86, smartmontools, busybox-static and cpio; a kernel
# and sudo are downloaded and not installed. It takes a minute or two.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/.cache/smart-vm
cases=$PWD/plugins/smart/testdata
mkdir -p "$work"
rm -rf "$work/root" "$work"/*.img
(
	cd "$work"
	image=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2 }')
	for package in "$image" sudo; do
		compgen -G "${package}_*.deb" >/dev/null || apt-get download -q "$package"
		[[ -e $package ]] || dpkg-deb -x "${package}"_*.deb "$package"
	done
	ln -sfn "$image" kernel
)
version=$(ls "$work/kernel/lib/modules")
modules=$work/kernel/lib/modules/$version
[[ -s $modules/modules.dep ]] || busybox depmod -b "$work/kernel" "$version"

# The root of the machine: busybox, smartctl, sudo and Unity with the libraries
# they need, and the drivers.
root=$work/root
mkdir -p "$root"/{bin,dev,etc/sudoers.d,etc/pam.d,proc,run,sys,tmp,modules,usr/bin,usr/sbin,var/lib/sudo,home}
put() { # file, where it goes
	install -D "$1" "$root$2"
	local library
	for library in $(ldd "$1" 2>/dev/null | sed -nE 's|.*[[:space:]](/[^ ]+) .*|\1|p'); do
		install -D "$library" "$root$library"
	done
}
put "$(command -v busybox)" /bin/busybox
put "$(PATH=$PATH:/usr/sbin command -v smartctl)" /usr/sbin/smartctl
put "$work/sudo/usr/bin/sudo" /usr/bin/sudo
for plugin in "$work"/sudo/usr/libexec/sudo/*.so*; do
	put "$plugin" "/usr/libexec/sudo/$(basename "$plugin")"
done
chmod 4755 "$root/usr/bin/sudo"
put /lib/x86_64-linux-gnu/security/pam_permit.so /lib/x86_64-linux-gnu/security/pam_permit.so
for library in /lib/x86_64-linux-gnu/libnss_files.so.2 /lib/x86_64-linux-gnu/libpam.so.0; do
	[[ ! -e $library ]] || put "$library" "$library"
done
printf 'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n' >"$root/etc/pam.d/sudo"
printf 'root:x:0:0::/:/bin/sh\nunity:x:1000:1000::/home:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nunity:x:1000:\n' >"$root/etc/group"
printf 'root:*:1::::::\nunity:*:1::::::\n' >"$root/etc/shadow"
printf 'passwd: files\ngroup: files\nshadow: files\nsudoers: files\n' >"$root/etc/nsswitch.conf"
printf 'root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n' >"$root/etc/sudoers"
# The narrower of the README's two lines, as it stands there.
grep -o 'unity ALL=(root) NOPASSWD: .*--scan.*' plugins/smart/README.md >"$root/etc/sudoers.d/unity"
chmod 440 "$root/etc/sudoers" "$root/etc/sudoers.d/unity"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$root/bin/unity" ./cmd/unity
CGO_ENABLED=0 go test -c -ldflags '-s -w' -o "$root/bin/smart.test" ./plugins/smart

declare -A seen
need() { # a module and, before it, those that it needs
	local name=$1 line other
	[[ -z ${seen[$name]:-} ]] || return 0
	seen[$name]=1
	line=$(grep -m1 "/$name.ko:" "$modules/modules.dep")
	for other in ${line#*:}; do need "$(basename "$other" .ko)"; done
	cp "$modules/${line%%:*}" "$root/modules/"
	echo "$name.ko" >>"$root/modules/order"
}
for module in crct10dif_common crc64_rocksoft_generic ahci sd_mod sg nvme virtio_pci virtio_scsi megaraid_sas xhci-pci usb-storage; do
	need "$module"
done

cat >"$root/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin:/usr/bin:/usr/sbin HOME=/tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; chmod 1777 /tmp
for module in $(cat /modules/order); do insmod "/modules/$module"; done
for second in 1 2 3 4 5 6 7 8 9 10; do
	[ -e /dev/nvme0n1 ] && [ -e /dev/sdd ] && break
	sleep 1
done
ls /dev/sd? /dev/nvme0
record() {
	unity plugins try smart_monitor --record "/tmp/$1.txtar" >/tmp/said 2>&1 || cat /tmp/said
	cat /tmp/said
	echo "<<< $1"; cat "/tmp/$1.txtar"; echo ">>>"
}
record vm-healthy
echo "=== as somebody else"
su unity -c 'unity plugins try smart_monitor' 2>&1 | head -5
echo "=== with sudo"
su unity -c 'unity plugins try smart_monitor --set use_sudo=true' >/tmp/said 2>&1; echo "exit $?"
grep -c smart_device_info /tmp/said
echo "=== what sudo does not allow"
su unity -c 'sudo -n smartctl --smart=off /dev/sda' 2>&1 | head -2
UNITY_TEST_SMART_DRIVES=1 smart.test -test.v -test.timeout 3m -test.run '^TestDrivesOfAVirtualMachine$'
record vm-critical
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd.gz"

for drive in nvme sata scsi raid usb; do truncate -s 64M "$work/$drive.img"; done
drive() { echo "-drive if=none,id=$1,format=raw,file=$work/$1.img"; }
rm -f "$work/said" "$work/qmp"
mkfifo "$work/qmp"
# KVM can hang inside of another machine; emulating takes half a minute.
# shellcheck disable=SC2046 # words are wanted
timeout 300 qemu-system-x86_64 -accel tcg -m 1024 -display none -no-reboot -nic none \
	-serial "file:$work/said" -qmp stdio \
	-kernel "$work"/kernel/boot/vmlinuz-* -initrd "$work/initrd.gz" -append 'console=ttyS0 quiet panic=1' \
	$(drive nvme) -device nvme,id=nvme0,drive=nvme,serial=NVMETEST01 \
	$(drive sata) -device ahci,id=ahci0 -device ide-hd,drive=sata,bus=ahci0.0,serial=SATATEST01 \
	$(drive scsi) -device virtio-scsi-pci,id=scsi0 -device scsi-hd,drive=scsi,bus=scsi0.0,serial=SCSITEST01 \
	$(drive raid) -device megasas,id=raid0 -device scsi-hd,drive=raid,bus=raid0.0,serial=MEGATEST01 \
	$(drive usb) -device qemu-xhci -device usb-storage,drive=usb,serial=USBTEST01 \
	<"$work/qmp" >/dev/null &
machine=$!
exec 3>"$work/qmp"
echo '{"execute": "qmp_capabilities"}' >&3
until grep -qs '=== now' "$work/said" || ! kill -0 "$machine" 2>/dev/null; do sleep 1; done
echo '{"execute": "qom-set", "arguments": {"path": "/machine/peripheral/nvme0", "property": "smart_critical_warning", "value": 20}}' >&3
wait "$machine"
exec 3>&-

tr -d '\r' <"$work/said" >"$work/said.txt"
check() { # what, a pattern that must be in what the machine said
	grep -Eq "$2" "$work/said.txt" || { echo "$1: not as it should be; see $work/said.txt"; exit 1; }
}
check "the plugin beside smartctl" '^--- PASS: TestDrivesOfAVirtualMachine'
check "without rights" 'permission|Permission'
check "with the README's line for sudo" '^exit 0$'
check "what sudo does not allow" 'password is required'
declare -A what=(
	[vm-healthy]="Recorded from QEMU: a SATA disk, a SCSI disk, one behind a MegaRAID controller with its volume, one behind a USB bridge, and an NVMe drive."
	[vm-critical]="The same after the NVMe drive was told to give critical warnings: unreliable, and the memory backup does not work."
)
for name in "${!what[@]}"; do
	awk -v name="$name" '$0 == ">>>" { on = 0 } on { print } $0 == "<<< " name { on = 1 }' "$work/said.txt" >"$cases/$name.txtar"
	[[ -s $cases/$name.txtar ]] || { echo "$name was not recorded; see $work/said.txt"; exit 1; }
	sed -i "1s|.*|${what[$name]}|" "$cases/$name.txtar"
	echo '-- want snapshot --' >>"$cases/$name.txtar"
done
UPDATE=1 go test ./plugins/smart
git diff --stat -- "$cases"
