#!/bin/bash
# Installs the NVIDIA driver and, where Docker runs, the container toolkit on Ubuntu or Debian, unless they are there already.
# An image that has the driver boots minutes faster and cannot meet a kernel that the driver does not fit.
set -euo pipefail
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/bootstrap-apt.sh"

# The newest server branch that Ubuntu has for this GPU: driver and tools must be of the same branch.
ubuntu_driver() {
  local branch
  retry update_and_install ubuntu-drivers-common
  branch=$(ubuntu-drivers list --gpgpu | sed -n 's/^nvidia-driver-\([0-9]*\)-server\(,.*\)\{0,1\}$/\1/p' | sort -n | tail -n 1)
  if [[ -z $branch ]]; then
    say "Ubuntu has no NVIDIA server driver for this machine"
    return 1
  fi
  retry ubuntu-drivers install --gpgpu "nvidia:$branch-server"
  retry update_and_install "nvidia-utils-$branch-server"
}

# Debian has the driver in components that its images leave out; they come from the mirror that the image already uses.
debian_driver() {
  local list
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [[ -e $list ]]; then sed -i -E 's/^(deb .*debian.* main)( .*)?$/\1 contrib non-free non-free-firmware/' "$list"; fi
  done
  for list in /etc/apt/sources.list.d/*.sources; do
    if [[ -e $list ]]; then sed -i -E 's/^(Components: main)( .*)?$/\1 contrib non-free non-free-firmware/' "$list"; fi
  done
  retry update_and_install "linux-headers-$(uname -r)" nvidia-driver nvidia-smi
}

install_toolkit() {
  local base=https://nvidia.github.io/libnvidia-container
  add_repository nvidia-container-toolkit "$base/gpgkey" "$base/stable/deb/$(dpkg --print-architecture)" /
  retry update_and_install nvidia-container-toolkit
}

if ! nvidia-smi >/dev/null 2>&1; then
  # shellcheck source=/dev/null
  . /etc/os-release
  say "installing the NVIDIA driver"
  case $ID in
    ubuntu) ubuntu_driver ;;
    debian) debian_driver ;;
    *)
      say "the NVIDIA driver can only be installed on Ubuntu and Debian, not on ${PRETTY_NAME:-$ID}"
      exit 1
      ;;
  esac
  modprobe nvidia || true
fi
# A driver that is installed but not loaded would give workers that fail at their first task.
nvidia-smi --list-gpus || {
  say "the NVIDIA driver does not answer (nvidia-smi failed)"
  exit 1
}
if command -v docker >/dev/null; then
  if ! command -v nvidia-ctk >/dev/null; then install_toolkit; fi
  nvidia-ctk runtime configure --runtime=docker
  systemctl restart docker.service
fi
