#!/bin/bash
# Gives a root file system a kernel, and packs both for a virtual machine: vm-kernel.sh ROOT FOLDER makes FOLDER/kernel and
# FOLDER/disk, a file system without partitions. There is no initial RAM disk: Debian's cloud kernel has NVMe and ext4 built in.
set -euo pipefail

root=$1 folder=$2
work=$(mktemp -d -p "$folder")
trap 'rm -rf "$work"' EXIT
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
(cd "$work" && apt-get --quiet=2 -o APT::Sandbox::User=root download "$kernel")
dpkg-deb --extract "$work"/*.deb "$work/files"
cp -a "$work/files/lib/modules" "$root/usr/lib/"
chroot "$root" depmod "$(ls "$root/usr/lib/modules")"
cp "$work"/files/boot/vmlinuz-* "$folder/kernel"
mke2fs -q -t ext4 -d "$root" -E root_owner=0:0 "$folder/disk" 2G
