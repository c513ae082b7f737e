#!/bin/bash
# Makes the root file system of the lab's machines: build.sh FOLDER SUITE container|vm PACKAGE… makes FOLDER/root. What a cloud's
# image has (systemd, cloud-init, DHCP) and Dask is there already when a machine boots. With UPSTREAM=1 in the environment there
# is FOLDER/upstream, too: what the machines find on the internet (upstream.sh), and an image of Dask in its registry.
set -euo pipefail

folder=$1 suite=$2 kind=$3
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
shift 3
packages=$(
  IFS=,
  echo "$*"
)
hooks=(--customize-hook="$here/customize.sh \"\$1\" $kind")
if [[ -n ${UPSTREAM:-} ]]; then
  "$here/upstream.sh" identity "$folder/upstream"
  hooks=(--customize-hook="$here/upstream.sh packages \"$folder/upstream\" \"\$1\" $suite" "${hooks[@]}")
fi

# mmdebstrap, as debootstrap fails while it configures python3-cryptography. Packages' documentation is left out. Nothing here
# has to survive a power cut.
mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' "${hooks[@]}" "$suite" "$folder/root"
if [[ -n ${UPSTREAM:-} ]]; then "$here/container-image.sh" "$folder/root" "$folder/upstream/registry.lab/v2/dask"; fi
