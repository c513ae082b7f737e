#!/bin/bash
# The scheduler of a cluster, once all that every node needs is there. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

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
    if ((++tries > 15)); then fail 78 "the scheduler cannot listen: $holder on this machine"; fi
    if ((tries == 1)); then say "$holder: waiting for it to end"; fi
    nap 1
  done
}

run_scheduler() {
  host=${host:-0.0.0.0}
  protocol=tcp
  if [[ $DASK_FLEET_TLS == 1 ]]; then protocol=tls; fi
  files=("$lib/dask_fleet_loader.py")
  preload=(--preload "$prefix$lib/dask_fleet_loader.py")
  if [[ -n ${DASK_FLEET_GATE_PORT:-} ]]; then
    if [[ -e $root$lib/dask_fleet_gate.py ]]; then
      files+=("$lib/dask_fleet_gate.py")
      preload+=(--preload "$prefix$lib/dask_fleet_gate.py")
    else
      give DASK_FLEET_GATE_LATE 1
    fi
    give DASK_FLEET_GATE_HOST "$host"
    give DASK_FLEET_GATE_PORT "$DASK_FLEET_GATE_PORT"
    give DASK_FLEET_GATE_PLAIN "${DASK_FLEET_GATE_PLAIN:-0}"
  fi
  taken=("$host:$DASK_FLEET_PORT" "$loopback:$DASK_FLEET_DASHBOARD_PORT")
  if [[ -n ${DASK_FLEET_GATE_PORT:-} ]]; then taken+=("$host:$DASK_FLEET_GATE_PORT"); fi
  if [[ -n ${DASK_FLEET_JOIN_PORT:-} ]]; then taken+=("$host:$DASK_FLEET_JOIN_PORT"); fi
  await_ports "${taken[@]}"
  dask_host
  while [[ -z $stopped$expired ]]; do
    run_dask "${DASK_FLEET_MODULE[@]}" --protocol "$protocol" --host "$listen" --port "$DASK_FLEET_PORT" \
      --dashboard-address "$loopback:$DASK_FLEET_DASHBOARD_PORT" ${preload[@]+"${preload[@]}"} \
      ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
    if [[ $DASK_FLEET_RUNTIME == docker ]] && docker_ended_it; then continue; fi
    now
    # 125: Docker could not start it, perhaps because Docker is being restarted. What Dask fails of is systemd's business.
    if [[ $code != 125 || $DASK_FLEET_RUNTIME != docker || -n $stopped$expired ]] || ((up >= deadline)); then finish "$code"; fi
    say "docker ended with status 125; another try"
    nap 2
  done
  finish 0
}
