#!/bin/bash
# The way of a worker to a scheduler on another machine. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

find_scheduler() {
  local address=${DASK_FLEET_SCHEDULER#*://}
  scheduler_host=${address%:*}
  # Brackets belong to an address with a port only.
  case $scheduler_host in \[*\]) scheduler_host=${scheduler_host#\[} scheduler_host=${scheduler_host%\]} ;; esac
}

# The address of this machine that the scheduler sees, in $host.
own_address() {
  local words family=-4
  # Of a name that has both kinds, the first that this machine can reach.
  read -ra words <<<"$(getent ahosts "$scheduler_host" | head -n 1)"
  set -- "${words[0]:-$scheduler_host}"
  case $1 in *:*) family=-6 ;; esac
  read -ra words <<<"$(ip "$family" route get "$1" | head -n 1)"
  while ((${#words[@]} > 1)); do
    if [[ ${words[0]} == src ]]; then
      host=${words[1]}
      return
    fi
    words=("${words[@]:1}")
  done
  fail 1 "no address of this machine leads to the scheduler at $scheduler_host"
}
