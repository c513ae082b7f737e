#!/bin/bash
# What a node has to find out about its machine: how it is called, whether its clock can be believed, whether its ports are free.
# Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# The name by which the provider knows this machine. cloud-init has it from the cloud itself, whatever the image made of
# /etc/hostname (preserve_hostname, a comment, a name that was baked in).
node_name() {
  local line cloud=$root/run/cloud-init/instance-data.json key=local_hostname
  name=${DASK_FLEET_NAME:-}
  if [[ -n $name ]]; then return; fi
  if [[ $DASK_FLEET_NAME_FROM == instance-id ]]; then key=instance_id; fi
  # cloud-init writes one key a line, indented by its depth.
  name=$(sed -n '/^ "v1": {/,/^ }/s/^  "'"$key"'": "\([^"\\]*\)",*$/\1/p' "$cloud" 2>/dev/null)
  if [[ -z $name && -z $root ]]; then
    name=$(cloud-init query "v1.$key" 2>/dev/null) || name=''
  fi
  if [[ -z $name && $key == instance_id ]]; then
    read -r name 2>/dev/null <"$root/var/lib/cloud/data/instance-id"
  elif [[ -z $name ]]; then
    while [[ -z $name ]] && { read -r line || [[ -n $line ]]; }; do name=${line%%#*}; done 2>/dev/null <"$root/etc/hostname"
    if [[ -z $name ]]; then name=$(hostname); fi
  fi
  name=${name%%[[:space:]]*}
  if [[ $key == local_hostname ]]; then name=${name%%.*}; fi
  if [[ -z $name ]]; then fail 78 "this machine's $DASK_FLEET_NAME_FROM is not known, so the node has no name"; fi
}

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
  if [[ -e $run/watched ]]; then
    [[ -e $run/expired ]]
    return
  fi
  (($(date +%s) >= DASK_FLEET_EXPIRES_AT)) && clock_is_believed
}

# 5 s, 7 min, 23 h, 4 days
in_words() {
  if (($1 < 120)); then
    echo "$1 s"
  elif (($1 < 7200)); then
    echo "$(($1 / 60)) min"
  elif (($1 < 172800)); then
    echo "$(($1 / 3600)) h"
  else
    echo "$(($1 / 86400)) days"
  fi
}

# TLS with a clock that is off fails as if the certificate were wrong, so it waits for the time service.
await_clock() {
  local at why said=''
  while [[ -n ${DASK_FLEET_VALID_UNTIL:-} && -z $stopped$expired ]]; do
    at=$(date +%s)
    why="this machine's clock says $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    if ((at < DASK_FLEET_VALID_FROM)); then
      why="$why, $(in_words $((DASK_FLEET_VALID_FROM - at))) before the cluster's certificate begins"
    elif ((at >= DASK_FLEET_VALID_UNTIL)); then
      why="$why, $(in_words $((at - DASK_FLEET_VALID_UNTIL))) after the cluster's certificate has ended"
    else
      return
    fi
    # Then it is the launcher's clock that is off, or the certificate is really over.
    if clock_is_set; then fail 78 "$why, and a time service has set it"; fi
    now
    if ((up >= deadline)); then fail 124 "$why, and no time service has set it"; fi
    if [[ -z $said ]]; then say "$why: waiting for a time service to set it"; fi
    said=1
    nap 2
  done
}

# Whether somebody listens where the scheduler will; who, is in $holder. Takes addresses with their ports.
port_is_taken() {
  local wanted theirs users host port
  holder=''
  while read -r _ _ _ theirs _ users; do
    for wanted; do
      port=${wanted##*:}
      if [[ ${theirs##*:} != "$port" ]]; then continue; fi
      host=${theirs%:*}
      host=${host%%%*}
      case "${wanted%:*} $host" in
        0.0.0.0\ * | ::\ * | \[::\]\ * | *\ 0.0.0.0 | *\ \* | *\ \[::\] | "$host $host") ;;
        *) continue ;;
      esac
      holder='another program'
      if [[ $users == *\"*\"*pid=* ]]; then
        users=${users#*\"}
        holder=${users%%\"*}
        users=${users#*pid=}
        holder="$holder (process ${users%%,*})"
      fi
      holder="port $port is taken by $holder"
      return 0
    done
  done < <(ss -Hltnp 2>/dev/null)
  return 1
}

# It may be our own node of before that has not quite ended.
await_ports() {
  local tries=0
  while [[ -z $stopped$expired ]] && port_is_taken "$@"; do
    if ((++tries > 15)); then fail 78 "the scheduler can not listen: $holder on this machine"; fi
    if ((tries == 1)); then say "$holder: waiting for it to end"; fi
    nap 1
  done
}
