#!/bin/bash
# What only a real machine does around start-node.sh:
#   machine.sh boot      run by cloud-init: installs what is missing, then starts dask-node.service
#   machine.sh stopped   run by systemd whenever the node has ended: powers the machine off when autoShutdown is on
#   machine.sh off       run by a timer that a failure sets: powers the machine off
set -u

etc=/etc/dask-fleet
lib=$etc/lib
restarts=3

say() { printf 'dask-fleet: %s\n' "$*" >&2; }

# The last that is heard of Dask here: the launcher waits no longer for a machine whose console has this line
# (src/cluster/farewell.ts), so it is said of nothing that is tried again. After a failure the machine stays up five more minutes
# where the console can be read that long.
power_off() {
  local farewell="this machine's part in $DASK_FLEET_CLUSTER is over: $1"
  if [[ ${DASK_FLEET_AUTO_SHUTDOWN:-0} != 1 ]]; then
    say "$farewell; autoShutdown is off, so the machine stays on"
    return
  fi
  say "$farewell; the machine is powered off"
  if [[ ${2:-} == failed && ${DASK_FLEET_LINGER:-1} == 1 ]]; then
    if [[ ! -e $lib/end.sh ]]; then
      if shutdown -h +5; then return; fi
    elif systemd-run --on-active=300 /bin/bash "$lib/machine.sh" off; then
      return
    fi
  fi
  off
}

# Where a cloud charges for machines that are powered off, end.sh asks it to delete this one. In any case it powers off.
off() {
  if [[ -e $lib/end.sh ]]; then
    timeout --kill-after=5 45 bash "$lib/end.sh" </dev/null || say "the machine could not delete itself: it only powers off"
  fi
  systemctl poweroff || shutdown -h now
}

run_step() {
  [[ -e $1 ]] || return 0
  say "bootstrap: ${1##*/}"
  timeout --kill-after=30 1800 bash "$1" </dev/null || {
    power_off "bootstrap failed: ${1##*/} ended with status $?" failed
    exit 1
  }
}

boot() {
  local step
  for step in "$lib"/bootstrap-{machine,docker,nvidia}.sh "$etc/bootstrap-extra.sh"; do run_step "$step"; done
  # --no-block: the unit waits for the network, and cloud-init must not wait for the unit.
  systemctl daemon-reload
  systemctl enable --now --no-block dask-node.service || power_off "dask-node.service could not be started" failed
}

# systemd gives $SERVICE_RESULT and $EXIT_STATUS (systemd.exec(5)).
stopped() {
  local done_restarts
  if [[ ${DASK_FLEET_RUNTIME:-} == docker ]]; then docker rm --force dask-node >/dev/null 2>&1; fi
  if [[ $(systemctl is-system-running) == stopping ]]; then return; fi
  case ${SERVICE_RESULT:-}:${EXIT_STATUS:-} in
    success:0) power_off "Dask has ended" ;;
    success:*) say "the node was stopped by hand: the machine stays on" ;;
    *:78 | *:124) power_off "the node could not start (status $EXIT_STATUS)" failed ;;
    *)
      done_restarts=$(systemctl show --property=NRestarts --value dask-node.service)
      if ((${done_restarts:-0} >= restarts)); then
        power_off "the node failed again (${SERVICE_RESULT:-} ${EXIT_STATUS:-})" failed
      else
        say "the node failed (${SERVICE_RESULT:-} ${EXIT_STATUS:-}): systemd starts it again"
      fi
      ;;
  esac
}

if [[ -n ${DASK_FLEET_ROOT:-} || $EUID != 0 ]]; then
  say "machine.sh is only for a machine of its own, as root"
  exit 78
fi
export HOME=/root
# shellcheck source=/dev/null
. "$etc/node.env"
case ${1:-} in
  boot) boot ;;
  stopped) stopped ;;
  off) off ;;
  *)
    say "usage: machine.sh boot|stopped|off"
    exit 78
    ;;
esac
