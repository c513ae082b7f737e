#!/bin/bash
# Makes the container image localhost/dask-fleet-lab out of a root file system, with the podman in it, in an image store that
# machines can share: container-image.sh ROOT STORE. To be called in a mount namespace of its own.
set -euo pipefail

root=$1 store=$2
mkdir -p "$store"
mount --bind "$root" /mnt
mount -t proc proc /mnt/proc
mount -t sysfs sysfs /mnt/sys
mount -t cgroup2 cgroup2 /mnt/sys/fs/cgroup
mount -t tmpfs tmpfs /mnt/run
mount -t tmpfs tmpfs /mnt/tmp
mount -t tmpfs tmpfs /mnt/var/tmp
mkdir /mnt/tmp/store
mount --bind "$store" /mnt/tmp/store
# Only Dask is wanted there, not what boots a machine.
tar --create --directory "$root" --exclude=./usr/bin/podman --exclude=./usr/libexec/podman --exclude=./usr/lib/systemd \
  --exclude=./usr/share/doc --exclude=./var/lib/dpkg --exclude=./var/lib/shared-images --exclude=./etc/containers --exclude=./tmp/* --exclude=./var/tmp/* . |
  chroot /mnt podman --root /tmp/store --runroot /run/podman --storage-driver overlay \
    import --quiet - localhost/dask-fleet-lab:1
