#!/bin/bash
# The image, and the container that Dask runs in. Sourced by start-node.sh where Dask runs in Docker.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# What no other try mends, in the words of Docker and of podman.
no_such_image='manifest unknown|manifest for .* not found|: not found$|name unknown|repository does not exist|access denied|denied'
no_such_image="$no_such_image|[Uu]nauthorized|authentication required|no basic auth|no matching manifest|no image found in"
no_such_image="$no_such_image|does not match the specified platform|invalid reference format|no space left on device"

image_user='' entrypoint=null

# Whether the image is here; whom it runs as is in $image_user, how in $entrypoint.
look_at_image() {
  local said
  said=$("$docker" image inspect --format '{{.Config.User}} {{json .Config.Entrypoint}}' "$DASK_FLEET_IMAGE" 2>/dev/null) ||
    return 1
  image_user=${said%% *}
  entrypoint=${said#* }
}

# What is left where images may be kept.
space() {
  df -Pm / /var /var/lib/docker /var/lib/containers 2>/dev/null | sed 1d | sort -u -k 6 |
    while read -r _ _ _ left _ place; do printf '; %s has %s MB left' "$place" "$left"; done
}

has_no_entrypoint() { [[ $entrypoint == null || $entrypoint == '[]' ]]; }

prepare() {
  docker=$(command -v docker) || fail 78 "there is no docker on this machine: set bootstrap, or use an image that has it"
  tls=/etc/dask-fleet/tls
  prefix=''
  pull_image
  if [[ -n $stopped$expired ]]; then finish 0; fi
}

pull_image() {
  local pause=2
  container=1
  "$docker" rm --force "$unit" >/dev/null 2>&1
  until look_at_image; do
    now
    say "pulling $DASK_FLEET_IMAGE"
    start_child timeout --kill-after=10 $((deadline > up ? deadline - up : 1)) "$docker" pull --quiet "$DASK_FLEET_IMAGE"
    await_child
    hear_out
    if [[ -n $stopped$expired ]]; then return; fi
    if [[ $code == 0 ]]; then
      look_at_image
      return
    fi
    find_reason
    if [[ $reason =~ $no_such_image && ! $reason =~ $transient ]]; then
      case $reason in *'no space left'*) reason=$reason$(space) ;; esac
      fail 78 "the image $DASK_FLEET_IMAGE cannot be pulled: $reason"
    fi
    now
    if ((up >= deadline)); then
      fail 124 "the image $DASK_FLEET_IMAGE could not be pulled within $DASK_FLEET_START_TIMEOUT s${reason:+: $reason}"
    fi
    # Not at the same moment as all other machines.
    pause=$((pause + RANDOM % pause + 1))
    if ((pause > 30)); then pause=$((20 + RANDOM % 20)); fi
    if ((pause > deadline - up)); then pause=$((deadline - up)); fi
    say "docker pull ended with $code: another try in $pause s"
    nap "$pause"
    if [[ -n $stopped$expired ]]; then return; fi
  done
}

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
  for file in ${files[@]+"${files[@]}"}; do command+=(--volume "$root$file:$file:ro"); done
  if [[ $DASK_FLEET_GPU == 1 ]]; then
    # shellcheck source=/dev/null
    . "$root$lib/node-gpu.sh"
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
