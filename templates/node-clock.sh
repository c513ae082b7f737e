#!/bin/bash
# Whether the clock of a machine can be believed, and what it says of the lifetime.
# Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# Whether a time service has set the clock.
clock_is_set() {
  [[ -e /run/systemd/timesync/synchronized ]] ||
    [[ $(timedatectl show --property=NTPSynchronized --value 2>/dev/null) == yes ]]
}

# A machine that has just booted may have a clock that is days off. One that is up for five minutes has what it will ever get;
# that of a machine below a root is the launcher's own.
clock_is_believed() {
  now
  [[ -n $root ]] || ((up >= 300)) || clock_is_set
}

lifetime_is_over() {
  # Where the machine itself watches over it (guard.sh), that decides, and tells us.
  if [[ -e $shared/watched ]]; then
    [[ -e $shared/expired ]]
    return
  fi
  (($(date +%s) >= DASK_FLEET_EXPIRES_AT)) && clock_is_believed
}
