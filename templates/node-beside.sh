#!/bin/bash
# Workers on their scheduler's own machine (singleNode). Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# Over loopback, unless the scheduler listens at one address only.
find_scheduler() {
  case $host in
    '' | :: | 0.0.0.0) host='' listen=127.0.0.1 ;;
    *) dask_host ;;
  esac
  scheduler_host=${host:-$listen}
  DASK_FLEET_SCHEDULER=tcp://$listen:$DASK_FLEET_PORT
  if [[ $DASK_FLEET_TLS == 1 ]]; then DASK_FLEET_SCHEDULER=tls://$listen:$DASK_FLEET_PORT; fi
  if [[ -n ${DASK_FLEET_PROCESSES:-} ]]; then share_memory; fi
}

# Where workers of other machines reach this one, in $host: what the cloud says, else the address of the way out of here.
own_address() {
  local query=${DASK_FLEET_ADDRESS_FROM:-} target
  if [[ -n $query ]]; then host=$(cloud-init query --format "$query" 2>/dev/null); fi
  for target in '-4 192.0.2.1' '-6 2001:db8::1'; do
    if [[ -n $host ]]; then return; fi
    # shellcheck disable=SC2086
    host=$(ip ${target% *} route get ${target#* } 2>/dev/null | sed -n '1s/.* src \([^ ]*\).*/\1/p')
  done
  # A network without a way out.
  if [[ -z $host ]]; then read -r host _ <<<"$(hostname -I 2>/dev/null)"; fi
  if [[ -z $host ]]; then fail 1 "this machine has no address for workers of other machines"; fi
}

# Divides the memory as `dask worker` would, less what the scheduler keeps: an eighth, and no more than 2 GiB.
share_memory() {
  local total kept cpus processes=$DASK_FLEET_PROCESSES
  read -r _ total _ </proc/meminfo
  cpus=$(nproc)
  case $processes in
    gpus) processes=$(nvidia-smi --list-gpus 2>/dev/null | grep -c ^GPU) ;;
    -*) processes=$((cpus + 1 + processes)) ;;
    auto)
      processes=$cpus
      # distributed.deploy.utils.nprocesses_nthreads
      if ((cpus > 4)); then
        processes=1
        until ((processes * processes >= cpus && cpus % processes == 0)); do processes=$((processes + 1)); done
      fi
      ;;
  esac
  kept=$((total / 8 < 2097152 ? total / 8 : 2097152))
  memory=(--memory-limit "$(((total - kept) / (processes > 0 ? processes : 1)))KiB")
}
