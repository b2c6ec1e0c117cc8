#!/bin/bash
# Build the guest (kernel, initrd, root file system) from the Debian packages that this machine's own apt offers. Root only.
#
#   build-image.sh FOLDER       into a folder that exists and is empty; image.py calls it and keeps the result
#
# Debian 12, as on a kiosk. About a minute.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
suite=bookworm
size=4G # sparse
work=$out/work
mkdir "$work"
chmod 755 "$work"
root=$work/root

say() { echo "build-image: $*" >&2; }

# 1. Root file system. The mirrors are those of the host's own apt.
say "root file system"
# shellcheck disable=SC2016  # apt fills these in
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
    awk -v suite="$suite" '$4 == "Debian" && index($2, suite) == 1 { print "deb", $1, $2, $3 }' | sort -u >"$work/sources.list"
[[ -s $work/sources.list ]] || { say "this machine's apt knows no package list of Debian $suite: run apt-get update"; exit 5; }
mmdebstrap --quiet --variant=essential --mode=root --format=directory \
    --include="$(grep -v '^#' "$here/packages.txt" | tr '\n' ',')" \
    --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$root" - <"$work/sources.list" >&2

# 2. Kernel: unpacked rather than installed (no initramfs-tools, and only the modules that are of use here).
kernel=$(apt-cache depends linux-image-amd64 | awk '/^ *Depends: linux-image-/ { print $2; exit }')
say "kernel $kernel"
mkdir "$work/kernel"
(cd "$work/kernel" && apt-get -q download "$kernel" >&2 && dpkg-deb -x ./*.deb .)
version=$(ls "$work/kernel/lib/modules")
from=$work/kernel/lib/modules/$version
to=$root/usr/lib/modules/$version
for part in drivers/usb drivers/scsi drivers/block drivers/md drivers/virtio drivers/hid drivers/char/hw_random \
    drivers/net/net_failover.ko drivers/net/virtio_net.ko drivers/dax fs lib crypto arch/x86/crypto block mm \
    net/9p net/core net/802 net/dns_resolver net/packet; do
    [[ -e $from/kernel/$part ]] || continue
    mkdir -p "$to/kernel/$(dirname "$part")"
    cp -a "$from/kernel/$part" "$to/kernel/$part"
done
rm -rf "$to"/kernel/fs/{xfs,btrfs,ocfs2,gfs2,ceph,reiserfs,jfs,f2fs,orangefs,afs,coda,nfsd,nfs,smb}
cp -a "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
depmod -b "$root" "$version"
python3 "$here/vmlinux.py" "$work/kernel/boot/vmlinuz-$version" "$out/vmlinux"

# 3. Configuration.
say "configuration"
echo docklab >"$root/etc/hostname"
echo "127.0.0.1 localhost docklab" >"$root/etc/hosts"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
mkdir -p "$root/root/.ssh" "$root/mnt/host"
rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C docklab -f "$out/id_ed25519"
ssh-keygen -q -t ed25519 -N '' -C docklab -f "$root/etc/ssh/ssh_host_ed25519_key"
cp "$out/id_ed25519.pub" "$root/root/.ssh/authorized_keys"
sed 's/^/docklab /' "$root/etc/ssh/ssh_host_ed25519_key.pub" >"$out/known_hosts"
cp "$here/sshd_config" "$root/etc/ssh/sshd_config"
cp "$here/lab-ready.service" "$root/etc/systemd/system/"
for unit in getty@tty1.service e2scrub_reap.service e2scrub_all.timer fstrim.timer systemd-pstore.service apt-daily.timer \
    apt-daily-upgrade.timer systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-tmpfiles-clean.timer \
    dpkg-db-backup.timer ldconfig.service systemd-random-seed.service ssh.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
chroot "$root" systemctl -q enable ssh.service udisks2.service lab-ready.service
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb

# 4. initrd: busybox and the few modules that reach the root disk.
say "initrd"
initrd=$work/initrd
mkdir -p "$initrd"/{bin,proc,sys,dev,newroot,lib}
cp "$(command -v busybox)" "$initrd/bin/busybox"
for module in virtio_pci virtio_blk virtio_net ext4; do
    modprobe -d "$root" -S "$version" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r ko; do
    cp "$ko" "$initrd/lib/"
    basename "$ko" >>"$initrd/lib/order"
done
install -m 755 "$here/initrd-init" "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc) >"$out/initrd"

# 5. Root disk. With a journal, as on a kiosk: the guest is reset in the middle of things.
say "root disk"
truncate -s "$size" "$out/rootfs.img"
mke2fs -q -F -t ext4 -E lazy_itable_init=1,nodiscard -m 0 -d "$root" "$out/rootfs.img"
rm -rf "$work"
