#!/bin/bash
# Turns a fresh Debian into an image that boots as a cloud's machine: customize.sh ROOT container|vm
set -euo pipefail

root=$1 kind=$2
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
cp -r --no-preserve=ownership "$here/files/." "$root/"
: >"$root/etc/machine-id"
rm -f "$root/etc/hostname"
systemctl --root="$root" --quiet enable systemd-networkd.service systemd-resolved.service
# What a machine of a test never needs, and would wait for.
systemctl --root="$root" --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  fstrim.timer systemd-networkd-wait-online.service proc-sys-fs-binfmt_misc.automount systemd-timesyncd.service
if [[ $kind == container ]]; then
  # Stand-ins for what a container has not.
  cp -r --no-preserve=ownership "$here/container-files/." "$root/"
  mv "$root/usr/lib/cloud-init/ds-identify" "$root/usr/lib/cloud-init/ds-identify.real"
  mv "$root/usr/local/lib/lab/ds-identify" "$root/usr/lib/cloud-init/ds-identify"
fi
# Every Python of the machines would compile these at its first import.
for package in distributed dask; do
  if [[ -e $root/usr/lib/python3/dist-packages/$package ]]; then
    chroot "$root" python3 -m compileall -q "/usr/lib/python3/dist-packages/$package"
  fi
done
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
