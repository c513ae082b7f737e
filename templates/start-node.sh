#!/bin/bash
# Runs this machine's Dask node and ends when it ends: under systemd on a cloud machine (dask-node.service) and, unchanged, as any
# user below $DASK_FLEET_ROOT (LocalCluster). bash 3.2 will do. All that differs is data in etc/dask-fleet:
#   node.env   the parameters of the role; $DASK_FLEET_MACHINE_ADDRESS gives a machine on this computer an address of its own
#   worker.env what differs of them for the workers beside a scheduler (singleNode), which `start-node.sh dask-worker` runs
#   user.env   Dask's own environment, read where nothing of ours follows
#   secrets.json, secrets-worker.json  what node-fetch.sh fetches, where there is such a thing
# Beside it, in one file: node-clock.sh, node-tries.sh, those of the role, and node-docker.sh or node-native.sh.
# Exit status: 0 Dask ended as it should, or its lifetime is over; 78 these parameters cannot work; 124 not started in time;
# 130/143 told to stop; else what Dask ended with. To stop it, signal this process only: it tells Dask once.
# shellcheck disable=SC2034,SC2154,SC2317  # used by the parts, or theirs; shellcheck 0.9 takes functions that traps call for unreachable
set -u

root=${DASK_FLEET_ROOT:-}
etc=$root/etc/dask-fleet
lib=/etc/dask-fleet/lib
# What is said and lent here is gone when the machine is off.
shared=$root/run/dask-fleet
unit=${1:-dask-node}
run=$shared material=$etc/tls beside=''
if [[ $unit == dask-worker ]]; then run=$shared/worker material=$etc/tls-worker beside=1; fi
environment=$etc/user.env
child='' watchdog='' joiner='' container='' stopped='' expired='' lent='' name='' reason=''
given=()

say() { printf 'dask-fleet: %s\n' "$*" >&2; }
fail() {
  local code=$1
  shift
  # machine.sh puts the reason into its last line.
  reason=${*//[^[:print:]]/?}
  say "gave up: $reason"
  printf '%s\n' "${reason:0:300}" 2>/dev/null >"$run/reason"
  # The launcher replaces no machine that says so (src/fleet/consoles/hopeless-machine.ts).
  if [[ $code == 78 ]]; then say "another machine would fail in the same way"; fi
  exit "$code"
}

# Seconds that no clock change at boot can disturb.
now() {
  if [[ -r /proc/uptime ]]; then
    read -r up _ </proc/uptime
    up=${up%%.*}
  else
    up=$SECONDS
  fi
}

signal_child() { if [[ -n $child ]]; then kill "-$1" "$child" 2>/dev/null; fi; }
told_to_stop() {
  interrupted=1 stopped=$1
  signal_child TERM
}
lifetime_over() {
  interrupted=1 expired=1
  say "the lifetime is over: Dask is told to end"
  signal_child TERM
}
grace_over() {
  interrupted=1
  signal_child KILL
}
clean_up() {
  if [[ -n $watchdog$joiner ]]; then kill ${watchdog:+"$watchdog"} ${joiner:+"$joiner"} 2>/dev/null; fi
  if [[ -n $container ]]; then "$docker" rm --force "$unit" >/dev/null 2>&1; fi
  if [[ $lent == "$run/tls" ]]; then rm -rf "$lent"; fi
}
trap 'told_to_stop 143' TERM
trap 'told_to_stop 130' INT
trap lifetime_over USR1
trap grace_over USR2
trap clean_up EXIT

# Waits for $child to end; its status is in $code.
await_child() {
  if [[ -n $stopped$expired ]]; then signal_child TERM; fi
  while :; do
    interrupted=''
    wait "$child"
    code=$?
    if [[ -z $interrupted ]]; then break; fi
  done
  child=''
}

# Sleeps, and wakes up when it is told to stop.
nap() {
  sleep "$1" &
  child=$!
  await_child
}

# Runs in the background: an absolute time holds across restarts, and short naps hold across a changed clock.
watch_lifetime() {
  local nap='' left
  trap 'kill "$nap" 2>/dev/null; exit' TERM
  until lifetime_is_over; do
    kill -0 $$ 2>/dev/null || exit
    left=$((DASK_FLEET_EXPIRES_AT - $(date +%s)))
    sleep $((left > 0 && left < 20 ? left : 20)) &
    nap=$!
    wait "$nap"
  done
  kill -USR1 $$
  sleep 60 &
  nap=$!
  wait "$nap"
  kill -USR2 $$
}

finish() {
  if [[ -n $stopped ]]; then exit "$stopped"; fi
  if [[ -n $expired ]]; then exit 0; fi
  if [[ -n $reason ]]; then printf '%s\n' "$reason" 2>/dev/null >"$run/reason"; fi
  say "the $DASK_FLEET_ROLE ended with status $1${reason:+: $reason}"
  exit "$1"
}

[[ -r $etc/node.env ]] || fail 78 "$etc/node.env cannot be read"
# shellcheck source=/dev/null
. "$etc/node.env"
# shellcheck source=/dev/null
if [[ -n $beside ]]; then . "$etc/worker.env"; fi
# shellcheck source=/dev/null
. "$root$lib/node-parts.sh" || exit 78
mkdir -p "$run" 2>/dev/null
rm -f "$run/reason"

# The start of the machine and of its node are over together; when systemd starts the node again, it has time anew.
now
deadline=$((up + DASK_FLEET_START_TIMEOUT))
if read -r boot_deadline 2>/dev/null <"$run/boot-deadline"; then
  rm -f "$run/boot-deadline"
  boot_deadline=${boot_deadline%%[!0-9]*}
  if [[ -n $boot_deadline ]] && ((boot_deadline > up)); then deadline=$boot_deadline; fi
fi

if [[ -n ${DASK_FLEET_EXPIRES_AT:-} ]]; then
  if lifetime_is_over; then
    say "the lifetime is over: Dask is not started"
    exit 0
  fi
  watch_lifetime &
  watchdog=$!
fi

files=()
host=${DASK_FLEET_HOST:-${DASK_FLEET_MACHINE_ADDRESS:-}}
fetches=''
if [[ -e $etc/secrets.json || -e $etc/secrets-worker.json ]]; then fetches=1; fi
if [[ -n ${DASK_FLEET_JOIN:-} ]]; then start_join; fi
# The login for the image may be a secret, and what fetches secrets comes with the certificate.
if [[ -z $fetches ]]; then prepare; fi
if [[ -n ${DASK_FLEET_VALID_UNTIL:-} ]]; then await_clock; fi
if [[ -n ${DASK_FLEET_JOIN:-} ]]; then await_join; fi
if [[ -n $fetches ]]; then
  fetch_secrets
  prepare
fi
give_tls
# Each machine of a local cluster has a loopback address of its own.
loopback=127.0.0.1
case $host in 127.*) loopback=$host ;; esac
"run_$DASK_FLEET_ROLE"
