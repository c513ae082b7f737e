#!/bin/bash
# Has the machine's key made and its certificate asked for (join.py), while all else is prepared. Sourced by start-node.sh where the
# user data holds no key; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

start_join() {
  local from=$host at=$host port=$DASK_FLEET_JOIN_PORT with=(python3)
  if [[ $DASK_FLEET_RUNTIME == native ]]; then
    with=("$DASK_FLEET_PYTHON" ${DASK_FLEET_PYTHON_ARGS[@]+"${DASK_FLEET_PYTHON_ARGS[@]}"})
  fi
  command -v "${with[0]}" >/dev/null || fail 78 "there is no ${with[0]} on this machine, which makes its own key"
  node_name
  case $host in :: | 0.0.0.0) from='' ;; esac
  case $DASK_FLEET_ROLE$beside in
    scheduler) at=${host:-0.0.0.0} port=$DASK_FLEET_GATE_PORT ;;
    worker) find_scheduler && at=$scheduler_host ;;
    *) at=${from:-127.0.0.1} ;;
  esac
  now
  "${with[@]}" -B "$root$lib/join_$DASK_FLEET_ROLE.py" "$material" "$name" $((deadline > up ? deadline - up : 1)) \
    "$DASK_FLEET_JOIN_ID" "$DASK_FLEET_JOIN_FILES" "$at" "$port" "$from" >"$run/joined" &
  joiner=$!
}

await_join() {
  local words=''
  child=$joiner
  await_child
  joiner=''
  if [[ -n $stopped$expired ]]; then finish 0; fi
  if [[ $code != 0 ]]; then
    read -r words <"$run/joined"
    fail "$code" "${words:-the certificate could not be asked for (status $code)}"
  fi
  # What the launcher has sent with the certificate, because user data has no room for it.
  # shellcheck source=/dev/null
  . "$root$lib/node-role.sh" || exit 78
}
