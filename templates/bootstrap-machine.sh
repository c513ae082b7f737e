#!/bin/bash
# The first step on every machine: refuses what no later step could make up for, and sees that no automatic update restarts Docker
# or Dask under a running cluster, or holds apt's locks while the machine is set up.
# shellcheck disable=SC2154
set -euo pipefail
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/bootstrap-common.sh"

# shellcheck source=/dev/null
if [[ -r $etc/node.env ]]; then . "$etc/node.env"; fi

# 235 counts restarts (NRestarts), which machine.sh asks for. What dask-node.service has of later versions an older one leaves out.
oldest=235
version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if ((${version:-0} < oldest)); then
  give_up 78 "this machine's systemd is ${version:-of an unknown version}, and $oldest is the oldest that works: use a newer image"
fi

# A library's upgrade, whoever makes it, must not restart the node (Ubuntu's needrestart does, by itself).
if [[ -d /etc/needrestart ]]; then
  mkdir -p /etc/needrestart/conf.d
  # shellcheck disable=SC2016
  echo '$nrconf{override_rc}->{qr(^(dask-|docker|containerd))} = 0; 1;' >/etc/needrestart/conf.d/dask-fleet.conf
fi

if [[ ${DASK_FLEET_AUTO_UPDATES:-0} != 1 ]]; then
  # They stay off after a reboot, and come back in an image that was made from this machine and cleaned.
  updates=(apt-daily apt-daily-upgrade dnf-automatic dnf-automatic-install packagekit transactional-update update-engine locksmithd)
  for unit in "${updates[@]/%/.timer}" "${updates[@]/%/.service}"; do
    mkdir -p "$units/$unit.d"
    printf '[Unit]\nConditionPathExists=!/etc/dask-fleet/node.env\n' >"$units/$unit.d/dask-fleet.conf"
  done
  systemctl daemon-reload
  # Flatcar's and COS' update engine reboots the machine.
  systemctl stop "${updates[@]/%/.timer}" update-engine.service locksmithd.service 2>/dev/null || true
  # What is under way is not killed in the middle of a package, and has half of the time that there is.
  limit=$(((up + deadline) / 2))
  while running=$(systemctl --plain --no-legend list-units --state=active,activating,deactivating \
    'apt-daily*.service' 'dnf-automatic*.service') && [[ -n $running ]]; do
    now
    if ((up >= limit)); then
      say "the machine's automatic updates (${running%% *}) are still under way: going on beside them"
      break
    fi
    if [[ -z $doing ]]; then
      doing="waiting for the machine's automatic updates to end (${running%% *})"
      say "$doing"
    fi
    sleep 2
  done
fi
