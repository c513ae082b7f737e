#!/bin/bash
# What this machine's clock says of a certificate that came with its user data. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

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
