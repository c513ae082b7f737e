#!/bin/bash
# What this machine's node needs from stores of secrets, fetched anew at each of its starts. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# Python's standard library and openssl will do: no curl, no SDK. Its own environment only, but for the way out.
exec_fetch() {
  if [[ -r $etc/proxy.env ]]; then
    set -a
    # shellcheck source=/dev/null
    . "$etc/proxy.env"
  fi
  exec "$python" -E -s -B "$root$lib/fetch.py" "$list" "$fetched" $((deadline - up)) "$up" >"$run/refusal"
}

# All that is fetched is below $run, which is memory on a machine of its own, and nobody else's.
fetch_secrets() {
  local list=$etc/secrets.json python=python3 fetched=$run/fetched why=''
  if [[ -n $beside ]]; then list=$etc/secrets-worker.json; fi
  if [[ ! -r $list ]]; then return; fi
  if [[ $DASK_FLEET_RUNTIME == native ]]; then python=$DASK_FLEET_PYTHON; fi
  command -v "$python" >/dev/null || fail 78 "there is no $python on this machine, which would fetch its secrets"
  rm -rf "$fetched"
  (umask 077 && mkdir -p "$fetched/docker" && cat "${DOCKER_CONFIG:-${HOME:-/root}/.docker}/config.json" \
    >"$fetched/docker/before.json" 2>/dev/null)
  say "fetching the secrets of this node"
  now
  start_child exec_fetch
  await_child
  hear_out
  if [[ -n $stopped$expired ]]; then finish 0; fi
  read -r why 2>/dev/null <"$run/refusal"
  rm -f "$run/refusal"
  if [[ $code != 0 ]]; then find_reason; fi
  case $code in
    0) ;;
    78) fail 78 "a secret cannot be fetched: $why" ;;
    124) fail 124 "a secret could not be fetched within $DASK_FLEET_START_TIMEOUT s: $why" ;;
    *) fail 1 "the secrets could not be fetched (status $code): $reason" ;;
  esac
  use_secrets
}

use_secrets() {
  local file
  if [[ -d $fetched/tls ]]; then
    material=$fetched/tls
    # shellcheck source=/dev/null
    . "$fetched/validity"
  fi
  if [[ -e $fetched/env ]]; then
    (umask 077 && cat "$etc/user.env" "$fetched/env" >"$fetched/user.env") && environment=$fetched/user.env
  fi
  # Podman has a variable of its own.
  file=$fetched/docker/config.json
  if [[ -e $file ]]; then export DOCKER_CONFIG=${file%/*} REGISTRY_AUTH_FILE=$file; fi
}
