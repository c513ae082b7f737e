#!/bin/bash
# Installs the NVIDIA driver and, where Docker runs, the container toolkit on Ubuntu or Debian, unless they are there already.
# An image that has the driver boots minutes faster and cannot meet a kernel that the driver does not fit.
# shellcheck disable=SC2154
set -euo pipefail
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/bootstrap-apt.sh"

# The lists, as far as they can be had.
update_lists() { apt update || ! grep -q 'Could not get lock' "$said"; }

# Where only a reboot helps, a machine has one: dask-fleet-boot.service goes on after it. Fails where it was had already.
reboot_once() {
  if [[ -e $state/rebooted ]]; then return 1; fi
  : >"$state/rebooted"
  sync
  say "rebooting, once: $*"
  trap - TERM EXIT
  systemctl reboot
  sleep 600
  exit 1
}

# nvidia_devices CLASS: the device ids of NVIDIA's PCI devices whose class begins so.
nvidia_devices() {
  local device vendor class id
  for device in /sys/bus/pci/devices/*; do
    vendor='' class=''
    { read -r vendor <"$device/vendor" && read -r class <"$device/class" && read -r id <"$device/device"; } 2>/dev/null || true
    if [[ $vendor == 0x10de && $class == "$1"* ]]; then echo "$id"; fi
  done
}

# What nvidia-smi says is in $smi.
gpu_answers() {
  smi=$(timeout 60 nvidia-smi --list-gpus 2>&1) && [[ $smi == *"GPU 0"* ]]
}

load_driver() { loading=$(modprobe nvidia 2>&1) || true; }

# The open kernel modules know Turing (0x1e00) and what came after it, which NVIDIA wants to run on them; what came after Hopper
# (Blackwell, 0x2900) and Grace Hopper run on nothing else.
all_open='' only_open=''
judge_gpus() {
  local id ids
  ids=$(nvidia_devices 0x03)
  if [[ -z $ids ]]; then give_up 1 "this machine shows no NVIDIA GPU"; fi
  all_open=1
  for id in $ids; do
    if ((id < 0x1e00)); then all_open=''; fi
    if ((id >= 0x2900 || (id >= 0x2342 && id <= 0x2348))); then only_open=1; fi
  done
}

list_drivers() { ubuntu-drivers list --gpgpu; }

# The newest server branch that Ubuntu has for this GPU and this kernel: driver and tools must be of the same branch. Old releases
# of ubuntu-drivers name the driver, newer ones its headless package.
ubuntu_driver() {
  local flavours flavour='' more=()
  install_packages ubuntu-drivers-common
  patiently "ubuntu-drivers list" list_drivers
  flavours=$(grep -v 'provided by None' "$said" || cat "$said")
  if grep -q -e --include-dkms "$said"; then
    more=(--include-dkms)
    flavours=$(ubuntu-drivers list --gpgpu --include-dkms 2>/dev/null || true)
  fi
  flavours=$(sed -nE 's/^nvidia-[a-z-]+-([0-9]+-server(-open)?)(,.*)?$/\1/p' <<<"$flavours" | sort -n)
  if [[ -n $all_open ]]; then flavour=$(grep open <<<"$flavours" | tail -n 1 || true); fi
  if [[ -z $flavour && -z $only_open ]]; then flavour=$(grep -v open <<<"$flavours" | tail -n 1 || true); fi
  if [[ -z $flavour ]]; then give_up 78 "Ubuntu has no NVIDIA server driver for this GPU and kernel $(uname -r)"; fi
  patiently "ubuntu-drivers install $flavour" ubuntu-drivers install --gpgpu ${more[@]+"${more[@]}"} "nvidia:$flavour"
  install_packages "nvidia-utils-${flavour%-open}"
  # The modules come for the newest kernel; where there are some for the running one, no reboot is needed.
  if ! modinfo nvidia >/dev/null 2>&1; then
    apt install --yes --no-install-recommends "linux-modules-nvidia-$flavour-$(uname -r)" || true
  fi
}

# Debian has the driver in components that its images leave out; they come from the mirror that the image already uses.
debian_driver() {
  local list kernel version release
  release=$(uname -r)
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [[ -e $list ]]; then sed -i -E 's/^(deb .*debian.* main)( .*)?$/\1 contrib non-free non-free-firmware/' "$list"; fi
  done
  for list in /etc/apt/sources.list.d/*.sources; do
    if [[ -e $list ]]; then sed -i -E 's/^(Components: main)( .*)?$/\1 contrib non-free non-free-firmware/' "$list"; fi
  done
  # Of 6.1.0-28-cloud-amd64 and 6.12.38+deb13-cloud-amd64 the kind is cloud-amd64. The headers of a kernel leave the mirror soon
  # after a newer one has come, so that a kernel and headers that fit each other come by their meta packages.
  kernel=$(sed -E 's/^[^-]*-([0-9]+-)?//' <<<"$release")
  patiently "apt-get update" update_lists
  if [[ ! -d /lib/modules/$release/build ]] && ! apt install --yes --no-install-recommends "linux-headers-$release"; then
    install_packages "linux-image-$kernel" "linux-headers-$kernel"
  fi
  version=$(apt-cache policy nvidia-driver | sed -nE 's/^ +Candidate: ([0-9]+).*/\1/p')
  if [[ -z $only_open ]]; then
    install_packages nvidia-driver nvidia-smi
  elif ((${version:-0} < 570)); then
    give_up 78 "this GPU needs driver 570 or newer, and Debian has ${version:-none}: use Ubuntu, or an image that has the driver"
  else
    install_packages nvidia-open-kernel-dkms nvidia-driver nvidia-smi
  fi
}

# Only where a reboot changes something: nouveau has the GPU, another kernel has the module, or an older module is loaded.
reboot_helps() {
  if [[ -d /sys/module/nouveau || $smi == *"version mismatch"* ]]; then return; fi
  [[ $loading == *"not found in directory"* && -n $(find /lib/modules -name 'nvidia.ko*' -print -quit 2>/dev/null) ]]
}

no_answer() {
  local kernel
  if [[ $loading == *"Key was rejected"* || $loading == *"Required key not available"* ]]; then
    give_up 78 "Secure Boot refuses the NVIDIA module (${loading//$'\n'/ }): turn it off, or use an image with a signed driver"
  fi
  if reboot_helps; then reboot_once "the NVIDIA driver needs it (${loading:-$smi})" || true; fi
  kernel=$(dmesg 2>/dev/null | grep 'NVRM: ' | grep -m 1 -E 'open|support|fail' || true)
  give_up 1 "the NVIDIA driver does not answer: ${smi//$'\n'/ } ${loading//$'\n'/ } ${kernel#*NVRM: }"
}

# GPUs that are joined by NVSwitch compute only when Fabric Manager of the driver's very version runs (CUDA's error 802).
fabric_manager() {
  local version package of words
  if ! systemctl cat nvidia-fabricmanager.service >/dev/null 2>&1; then
    version=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1)
    package=nvidia-fabricmanager-${version%%.*}
    patiently "apt-get update" update_lists
    of=$(apt-cache madison "$package" | cut -d '|' -f 2 | tr -d ' ' | grep -m 1 "^$version" || true)
    if [[ -z $of ]]; then
      give_up 78 "NVSwitch joins this machine's GPUs, and no repository has $package $version: use an image with Fabric Manager"
    fi
    install_packages "$package=$of"
  fi
  if ! systemctl enable --now nvidia-fabricmanager.service; then
    words=$(journalctl --boot --no-pager --output=cat --lines=1 _SYSTEMD_UNIT=nvidia-fabricmanager.service || true)
    give_up 1 "NVIDIA's Fabric Manager does not start: $words"
  fi
}

install_toolkit() {
  local base=https://nvidia.github.io/libnvidia-container
  add_repository nvidia-container-toolkit "$base/gpgkey" C95B321B61E88C1809C4F759DDCAE044F796ECB0 \
    "$base/stable/deb/$(dpkg --print-architecture)" /
  install_packages nvidia-container-toolkit
}

# podman knows GPUs as CDI devices alone.
configure_docker() {
  local before
  if [[ $(docker --version) == *podman* ]]; then
    nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml
    return
  fi
  before=$(cat /etc/docker/daemon.json 2>/dev/null || true)
  nvidia-ctk runtime configure --runtime=docker
  if [[ $before == "$(cat /etc/docker/daemon.json)" ]]; then return; fi
  systemctl restart docker.service || say "docker.service could not be started again"
  if [[ -e $lib/bootstrap-docker.sh ]]; then bash "$lib/bootstrap-docker.sh"; fi
}

loading='' smi=''
unfinished=$state/installing-nvidia
if ! gpu_answers; then load_driver; fi
if [[ -e $unfinished ]] || ! gpu_answers; then
  judge_gpus
  # What the image has is not replaced where it only has to be loaded.
  if command -v nvidia-smi >/dev/null && [[ ! -e $unfinished ]] && reboot_helps; then
    reboot_once "the NVIDIA driver of the image needs it (${loading:-$smi})" || true
  fi
  # shellcheck source=/dev/null
  . /etc/os-release
  say "installing the NVIDIA driver"
  : >"$unfinished"
  case $ID in
    ubuntu) ubuntu_driver ;;
    debian) debian_driver ;;
    *) give_up 78 "the NVIDIA driver can only be installed on Ubuntu and Debian, not on ${PRETTY_NAME:-$ID}: use such an image" ;;
  esac
  rm "$unfinished"
  if [[ -d /sys/module/nouveau ]]; then modprobe --remove nouveau || true; fi
  load_driver
fi
# A driver that is installed but not loaded would give workers that fail at their first task.
gpu_answers || no_answer
printf '%s\n' "$smi"
if [[ -n $(nvidia_devices 0x0680) ]]; then fabric_manager; fi
if command -v docker >/dev/null; then
  if ! command -v nvidia-ctk >/dev/null; then install_toolkit; fi
  configure_docker
fi
