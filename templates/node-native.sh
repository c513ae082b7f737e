#!/bin/bash
# Dask on the machine itself, without Docker. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

as_dask=()

prepare() {
  python=$(command -v "$DASK_FLEET_PYTHON") || fail 78 "there is no $DASK_FLEET_PYTHON on this machine"
  tls=$material
  prefix=$root
  # Data that is spilled goes to the machine's disk: /tmp may be memory.
  export DASK_TEMPORARY_DIRECTORY=$root/var/lib/dask-fleet
  { mkdir -p "$DASK_TEMPORARY_DIRECTORY" && cd "$DASK_TEMPORARY_DIRECTORY"; } || fail 78 "no directory for Dask's files"
  # Below a root everything is the launcher's own.
  if [[ -z $root && $EUID == 0 ]]; then use_dask; fi
}

# Tasks are anybody's code: Dask runs as the user dask, of the image or made here, and root keeps the machine.
use_dask() {
  local setpriv said group file
  setpriv=$(command -v setpriv) || fail 78 "there is no setpriv (util-linux) on this machine"
  if ! id -u dask >/dev/null 2>&1; then
    # One unit at a time: both of a machine with workers beside its scheduler come here at once.
    said=$(flock "$shared" sh -c 'id -u dask >/dev/null 2>&1 || useradd "$@"' useradd --system --user-group \
      --home-dir "$DASK_TEMPORARY_DIRECTORY" --shell /usr/sbin/nologin dask 2>&1) ||
      fail 78 "Dask runs as the user dask, who could not be made: $said"
    # Whose some GPUs are.
    for group in video render; do usermod --append --groups $group dask 2>/dev/null; done
  fi
  uid=$(id -u dask)
  as_dask=("$setpriv" --reuid "$uid" --regid "$(id -g dask)" --init-groups)
  "${as_dask[@]}" test -x "$python" ||
    fail 78 "Dask runs as the user dask, who may not run $python: it must not be where only root may go, such as below /root"
  chown "$uid" "$DASK_TEMPORARY_DIRECTORY"
  # CUDA's own device, which a program of root's makes at its first use.
  if [[ $DASK_FLEET_GPU == 1 ]] && command -v nvidia-modprobe >/dev/null; then nvidia-modprobe -u -c 0; fi
  tls=$run/tls
  for file in ${DASK_FLEET_LOCATIONS[@]+"${DASK_FLEET_LOCATIONS[@]}"}; do chown "$uid" "$root${file#*=}"; done
  HOME=~dask
}

dask_command() {
  if [[ -n ${as_dask[*]-} ]]; then lend_tls; fi
  command=(${as_dask[@]+"${as_dask[@]}"} "$python" ${DASK_FLEET_PYTHON_ARGS[@]+"${DASK_FLEET_PYTHON_ARGS[@]}"})
}
