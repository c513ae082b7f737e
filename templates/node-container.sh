#!/bin/bash
# The container that Dask runs in. Sourced by start-node.sh where Dask runs in Docker, with node-docker.sh.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

has_no_entrypoint() { [[ $entrypoint == null || $entrypoint == '[]' ]]; }

# Who Dask is in the container, in $uid.
find_uid() {
  local user=${DASK_FLEET_DOCKER_USER:-$image_user}
  user=${user%%:*}
  case $user in
    '' | root) uid=0 ;;
    *[!0-9]*)
      # The image alone knows its names.
      uid=$(timeout 60 "$docker" run --rm --network none --user "$user" --entrypoint id "$DASK_FLEET_IMAGE" -u 2>/dev/null)
      case $uid in
        '' | *[!0-9]*)
          uid=0
          say "the user $user of the image is not known: the TLS files stay root's"
          ;;
      esac
      ;;
    *) uid=$user ;;
  esac
}

dask_command() {
  local variable file key amount open_files
  find_uid
  lend_tls
  command=("$docker" run --rm --name "$unit" --network host)
  # A task with more sockets than Docker's default of 1,024 would fail. No machine's limit can be raised everywhere.
  if [[ -n ${DASK_FLEET_OWN_FILES:-} ]]; then
    open_files=$(ulimit -H -n)
    if [[ $open_files == unlimited ]] || ((open_files > 1048576)); then open_files=1048576; fi
    command+=(--ulimit "nofile=$open_files:$open_files")
  fi
  # As large as /dev/shm of the machine, and not that itself (--ipc host): what a killed container leaves there would stay.
  if [[ -n ${DASK_FLEET_OWN_SHM:-} ]]; then
    while read -r key amount _; do
      if [[ $key == MemTotal: ]]; then command+=(--shm-size "$((amount / 2))k"); fi
    done </proc/meminfo
  fi
  # An image without an entrypoint has no init that reaps what workers leave; one with an entrypoint may be an init itself.
  if [[ -n ${DASK_FLEET_OWN_INIT:-} ]] && has_no_entrypoint &&
    PATH=$PATH:/usr/libexec/docker command -v docker-init >/dev/null; then
    command+=(--init)
  fi
  for variable in ${given[@]+"${given[@]}"} ${DASK_FLEET_ENV_NAMES[@]+"${DASK_FLEET_ENV_NAMES[@]}"}; do
    command+=(--env "$variable")
  done
  if [[ $DASK_FLEET_TLS == 1 ]]; then command+=(--volume "$lent:$tls"); fi
  for file in ${DASK_FLEET_LOCATIONS[@]+"${DASK_FLEET_LOCATIONS[@]}"}; do
    command+=(--volume "$lent/${file%%=*}:${file#*=}:ro")
  done
  for file in ${files[@]+"${files[@]}"}; do command+=(--volume "$root$file:$file:ro"); done
  if [[ $DASK_FLEET_GPU == 1 ]]; then
    gpu_arguments
    command+=(${gpus[@]+"${gpus[@]}"})
  fi
  command+=(${DASK_FLEET_DOCKER_ARGS[@]+"${DASK_FLEET_DOCKER_ARGS[@]}"} "$DASK_FLEET_IMAGE" "$DASK_FLEET_PYTHON")
}

# An entrypoint that does not run its arguments ends well at once, and nothing was heard of Dask.
judge_silence() {
  if ((up - started > 10)) || { has_no_entrypoint && [[ -n ${DASK_FLEET_OWN_ENTRYPOINT:-} ]]; }; then return; fi
  if grep -q distributed "$run/words" 2>/dev/null; then return; fi
  fail 78 "the image's entrypoint $entrypoint ended with status 0 without a word of Dask's: it must run its arguments"
}

# Docker ends containers when it is restarted, as by an upgrade: nobody has told Dask to end then.
docker_ended_it() {
  [[ $code == 0 && -z $stopped$expired ]] &&
    grep -q 'Received signal SIGTERM' "$run/words" || return 1
  say "Docker has ended the $DASK_FLEET_ROLE; another try"
  now
  deadline=$((up + 120))
  nap 2
}
