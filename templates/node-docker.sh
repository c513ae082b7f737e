#!/bin/bash
# The image that Dask runs in. Sourced by start-node.sh where Dask runs in Docker.
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
