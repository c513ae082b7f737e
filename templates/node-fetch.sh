#!/bin/bash
# What this machine's node needs from stores of secrets, fetched anew at each of its starts. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# Python's standard library and openssl will do: no curl, no SDK.
exec_fetch() {
  set -a
  # shellcheck source=/dev/null
  if [[ -r $etc/proxy.env ]]; then . "$etc/proxy.env"; fi
  exec "$python" -E -s -B "$root$lib/fetch.py" "$list" "$fetched" $((deadline - up)) "$up"
}

# All that is fetched is below $run, which is memory on a machine of its own, and nobody else's.
fetch_secrets() {
  local list=$etc/secrets${beside:+-worker}.json python=python3 fetched=$run/fetched
  if [[ ! -e $list ]]; then return; fi
  if [[ $DASK_FLEET_RUNTIME == native ]]; then python=$DASK_FLEET_PYTHON; fi
  rm -rf "$fetched"
  (umask 077 && mkdir "$fetched")
  say "fetching the secrets of this node"
  now
  start_child exec_fetch
  await_child
  hear_out
  if [[ -n $stopped$expired ]]; then finish 0; fi
  if [[ $code != 0 ]]; then
    if [[ $code == 127 ]]; then code=78; fi
    reason=$(tail -n 1 "$run/words" 2>/dev/null)
    fail "$code" "a secret cannot be fetched: ${reason#Error: }"
  fi
  if [[ -e $fetched/tls ]]; then material=$fetched/tls; fi
  if [[ -e $fetched/env ]]; then
    environment=$fetched/user.env
    (umask 077 && cat "$etc/user.env" "$fetched/env" >"$environment")
  fi
  # Podman has a variable of its own.
  if [[ -e $fetched/docker ]]; then export DOCKER_CONFIG=$fetched/docker REGISTRY_AUTH_FILE=$fetched/docker/config.json; fi
}
