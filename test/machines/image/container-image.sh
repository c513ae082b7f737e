#!/bin/bash
# Makes a container image of one layer out of a root file system, as a registry tells it: container-image.sh ROOT REPOSITORY makes
# REPOSITORY/manifests/1 and what it names in REPOSITORY/blobs (Docker's image manifest, version 2 schema 2).
set -euo pipefail

root=$1 blobs=$2/blobs manifests=$2/manifests
mkdir -p "$blobs" "$manifests"

sum() { sha256sum | cut -d ' ' -f 1; }
size() { stat --format %s "$1"; }

# Only Dask is wanted there, not what boots a machine.
tar --create --directory "$root" --exclude=./usr/lib/systemd --exclude=./usr/lib/udev --exclude=./var/lib/dpkg \
  --exclude=./var/cache --exclude=./etc/systemd --exclude=./usr/lib/python3/dist-packages/cloudinit . >"$blobs/layer.tar"
uncompressed=$(sum <"$blobs/layer.tar")
gzip -1 "$blobs/layer.tar"
layer=$(sum <"$blobs/layer.tar.gz")
mv "$blobs/layer.tar.gz" "$blobs/sha256:$layer"

printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$(dpkg --print-architecture)" "$uncompressed" >"$blobs/config"
config=$(sum <"$blobs/config")
mv "$blobs/config" "$blobs/sha256:$config"

docker=application/vnd.docker
printf '{"schemaVersion":2,"mediaType":"%s",
"config":{"mediaType":"%s","size":%d,"digest":"sha256:%s"},
"layers":[{"mediaType":"%s","size":%d,"digest":"sha256:%s"}]}' \
  "$docker.distribution.manifest.v2+json" \
  "$docker.container.image.v1+json" "$(size "$blobs/sha256:$config")" "$config" \
  "$docker.image.rootfs.diff.tar.gzip" "$(size "$blobs/sha256:$layer")" "$layer" >"$manifests/1"
# Clients that have its digest ask by that.
cp "$manifests/1" "$manifests/sha256:$(sum <"$manifests/1")"
