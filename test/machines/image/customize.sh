#!/bin/bash
# Turns a fresh Debian into an image that boots as a cloud's machine: customize.sh ROOT FILES
set -euo pipefail

root=$1 files=$2
cp -r --no-preserve=ownership "$files/." "$root/"
mkdir -p "$root/var/lib/shared-images"
: >"$root/etc/machine-id"
rm -f "$root/etc/hostname"
mv "$root/usr/lib/cloud-init/ds-identify" "$root/usr/lib/cloud-init/ds-identify.real"
mv "$root/usr/local/lib/lab/ds-identify" "$root/usr/lib/cloud-init/ds-identify"
systemctl --root="$root" --quiet enable systemd-networkd.service systemd-resolved.service
# What a machine of a test never needs, and would wait for.
systemctl --root="$root" --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  fstrim.timer podman.service podman.socket podman-auto-update.service podman-auto-update.timer podman-restart.service \
  systemd-networkd-wait-online.service proc-sys-fs-binfmt_misc.automount systemd-timesyncd.service
# Every Python of the machines would compile these at its first import.
for package in distributed dask; do
  if [[ -e $root/usr/lib/python3/dist-packages/$package ]]; then
    chroot "$root" python3 -m compileall -q "/usr/lib/python3/dist-packages/$package"
  fi
done
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
