#!/bin/bash
# The power switch of a local machine: runs the start script it is given, in this process group.
# Standard input is a pipe that the launcher holds open; when the launcher is gone, however it went,
# the pipe closes and the power goes off for the whole group.
set -u

etc=$DASK_FLEET_ROOT/etc/dask-fleet

# What dask-worker.service does beside a scheduler.
workers() {
  local failures=0 stopped='' script='' status=0 reason=''
  trap 'stopped=1; kill -TERM "$script" 2>/dev/null' TERM
  while ((failures < 4)); do
    "$@" dask-worker </dev/null &
    script=$!
    while kill -0 "$script" 2>/dev/null; do
      wait "$script"
      status=$?
    done
    if [[ -n $stopped ]]; then return; fi
    case $status in 0 | 78 | 124 | 130 | 143) break ;; esac
    failures=$((failures + 1))
    sleep 1
  done
  # shellcheck source=/dev/null
  . "$etc/node.env"
  read -r reason 2>/dev/null <"$DASK_FLEET_ROOT/run/dask-fleet/worker/reason"
  reason="the node could not start (status $status)${reason:+: $reason}"
  if [[ $status == 0 ]]; then reason='Dask has ended'; fi
  echo "dask-fleet: this machine's workers in $DASK_FLEET_CLUSTER are over: $reason; the machine stays on" >&2
}

"$@" dask-node </dev/null &
node=$!
beside=''
if [[ -e $etc/worker.env ]]; then
  workers "$@" &
  beside=$!
fi

(
  exec >/dev/null 2>&1
  while read -r _; do :; done
  kill -KILL 0
) <&0 &
watch=$!

trap 'kill -TERM "$node" 2>/dev/null' TERM INT HUP
status=0
while kill -0 "$node" 2>/dev/null; do
  wait "$node"
  status=$?
done
trap - TERM INT HUP
if [[ -n $beside ]]; then
  kill -TERM "$beside" 2>/dev/null
  wait "$beside"
fi
kill "$watch" 2>/dev/null
exit "$status"
