#!/bin/bash
# A worker of a cluster, once all that every node needs is there. Sourced by start-node.sh, with node-remote.sh or, beside a scheduler,
# node-beside.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# Whether a TCP port answers within 5 s. The scheduler logs one broken TLS handshake for it.
port_open() {
  local probe tries=0
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null &
  probe=$!
  while kill -0 "$probe" 2>/dev/null; do
    if ((++tries > 50)); then kill -KILL "$probe" 2>/dev/null; fi
    sleep 0.1
  done
  wait "$probe" 2>/dev/null
}

# A nanny whose scheduler is not there gives up after half a minute and a bare worker retries ever more slowly: wait out here.
wait_for_scheduler() {
  say "waiting for the scheduler at $DASK_FLEET_SCHEDULER"
  until port_open "$scheduler_host" "${DASK_FLEET_SCHEDULER##*:}"; do
    if [[ -n $stopped$expired ]]; then return 1; fi
    now
    if ((up >= deadline)); then
      # Beside it, the machine's end is the scheduler's.
      case $lost-$beside in
        1-) finish 0 ;;
        1-1) ;;
        *) fail 124 "nothing answered at $DASK_FLEET_SCHEDULER within $DASK_FLEET_START_TIMEOUT s" ;;
      esac
    fi
    sleep 0.5
  done
  if [[ -n $lost ]]; then allow_another_try; fi
}

allow_another_try() {
  now
  deadline=$((up + 120)) lost=1
}

# A worker is tried again until it ends well, and, with any other status, as long as the time to start is not over. After that a
# failure is the end: a worker that breaks after hours would break again, and its machine is better replaced.
run_worker() {
  local lost='' preload=() memory=()
  # The default of 30 s lets a nanny that cannot reach its scheduler hold up the next try for as long.
  give DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT 10s
  # Other modules may not know the option: their workers do without the agent.
  case ${DASK_FLEET_MODULE[*]} in
    distributed.cli.dask_worker | 'dask worker' | 'dask cuda worker' | dask_cuda.cli*)
      files=("$lib/dask_fleet_loader.py")
      preload=(--preload "$prefix$lib/dask_fleet_loader.py")
      ;;
  esac
  node_name
  find_scheduler
  while wait_for_scheduler; do
    if [[ -z $host ]]; then own_address; fi
    dask_host
    now
    left=$((deadline - up))
    bound=()
    if [[ ${DASK_FLEET_MODULE[*]} == distributed.cli.dask_worker ]]; then
      # Without it a bare worker with a wrong certificate tries for ever.
      bound=(--death-timeout "$((left < 10 ? 10 : left))")
    fi
    run_dask "${DASK_FLEET_MODULE[@]}" "$DASK_FLEET_SCHEDULER" --host "$listen" --name "$name" \
      --dashboard-address "$loopback:0" ${preload[@]+"${preload[@]}"} ${bound[@]+"${bound[@]}"} ${memory[@]+"${memory[@]}"} \
      ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
    # Dask's own words, from 2022 on, when nobody has told it to end. A scheduler that is started again wants its workers back.
    if [[ $code == 0 && -z $stopped$expired ]] && grep -q scheduler-connection-broken "$run/words"; then
      say "the connection to the scheduler broke: waiting for it to come back"
      allow_another_try
      nap 1
      continue
    fi
    if [[ $DASK_FLEET_RUNTIME == docker ]] && docker_ended_it; then continue; fi
    # A scheduler's machine is not replaced.
    if [[ -n $stopped$expired || $code-$beside == 0- ]]; then finish "$code"; fi
    if [[ $code == 0 ]]; then allow_another_try; fi
    now
    if ((up >= deadline + 60)); then finish "$code"; fi
    if ((up >= deadline)); then
      fail 124 "the worker could not start within $DASK_FLEET_START_TIMEOUT s (last status $code)${reason:+: $reason}"
    fi
    say "the worker ended with status $code; another try"
    nap 2
  done
  finish 0
}
