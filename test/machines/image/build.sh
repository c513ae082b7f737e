#!/bin/bash
# Makes the root file system of the lab's machines: build.sh DIRECTORY SUITE container|vm PACKAGE…
# What a cloud's image has (systemd, cloud-init, DHCP) and Dask, so that nothing is installed when a machine boots.
set -euo pipefail

out=$1 suite=$2 kind=$3
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
shift 3
packages=$(
  IFS=,
  echo "$*"
)

# mmdebstrap, as debootstrap fails while it configures python3-cryptography. Packages' documentation is left out.
mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook="$here/customize.sh \"\$1\" $kind" \
  "$suite" "$out"
