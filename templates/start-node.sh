#!/bin/bash
# Runs this machine's Dask node and ends when it ends: under systemd on a cloud machine (dask-node.service) and, unchanged, as any
# user below $DASK_FLEET_ROOT (LocalCluster). bash 3.2 will do. All that differs is data in etc/dask-fleet:
#   node.env   the parameters of the role; $DASK_FLEET_MACHINE_ADDRESS gives a machine on this computer an address of its own
#   user.env   Dask's own environment, read where nothing of ours follows
# Exit status: 0 Dask ended as it should, or its lifetime is over; 78 these parameters can not work; 124 not started in time;
# 130/143 told to stop; else what Dask ended with. To stop it, signal this process only: it tells Dask once.
# shellcheck disable=SC2317  # shellcheck 0.9 takes functions that traps call for unreachable
set -u

root=${DASK_FLEET_ROOT:-}
etc=$root/etc/dask-fleet
lib=/etc/dask-fleet/lib
child='' watchdog='' container='' stopped='' expired=''
given=()

say() { printf 'dask-fleet: %s\n' "$*" >&2; }
fail() {
  local code=$1
  shift
  say "$*"
  # The launcher replaces no machine that says so (src/cluster/hopeless-machine.ts).
  if [[ $code == 78 ]]; then say "another machine would fail in the same way"; fi
  exit "$code"
}

# Seconds that no clock change at boot can disturb.
now() {
  if [[ -r /proc/uptime ]]; then
    read -r up _ </proc/uptime
    up=${up%%.*}
  else
    up=$SECONDS
  fi
}

signal_child() { if [[ -n $child ]]; then kill "-$1" "$child" 2>/dev/null; fi; }
told_to_stop() {
  interrupted=1 stopped=$1
  signal_child TERM
}
lifetime_over() {
  interrupted=1 expired=1
  say "the lifetime is over: Dask is told to end"
  signal_child TERM
}
grace_over() {
  interrupted=1
  signal_child KILL
}
clean_up() {
  if [[ -n $watchdog ]]; then kill "$watchdog" 2>/dev/null; fi
  if [[ -n $container ]]; then "$docker" rm --force dask-node >/dev/null 2>&1; fi
}
trap 'told_to_stop 143' TERM
trap 'told_to_stop 130' INT
trap lifetime_over USR1
trap grace_over USR2
trap clean_up EXIT

# Waits for $child to end; its status is in $code.
await_child() {
  if [[ -n $stopped$expired ]]; then signal_child TERM; fi
  while :; do
    interrupted=''
    wait "$child"
    code=$?
    if [[ -z $interrupted ]]; then break; fi
  done
  child=''
}

# Runs in the background: an absolute time holds across restarts, and short naps hold across a changed clock.
watch_lifetime() {
  local nap='' left
  trap 'kill "$nap" 2>/dev/null; exit' TERM
  while left=$((DASK_FLEET_EXPIRES_AT - $(date +%s))) && ((left > 0)); do
    kill -0 $$ 2>/dev/null || exit
    sleep $((left < 20 ? left : 20)) &
    nap=$!
    wait "$nap"
  done
  kill -USR1 $$
  sleep 60 &
  nap=$!
  wait "$nap"
  kill -USR2 $$
}

# An environment variable for Dask; into a container it goes by name, so that no value is ever an argument.
give() {
  export "$1=$2"
  given+=("$1")
}

node_name() {
  name=${DASK_FLEET_NAME:-}
  if [[ -n $name ]]; then return; fi
  if [[ $DASK_FLEET_NAME_FROM == instance-id ]]; then
    read -r name 2>/dev/null <"$root/var/lib/cloud/data/instance-id"
  else
    read -r name 2>/dev/null <"$root/etc/hostname"
    if [[ -z $name ]]; then name=$(hostname); fi
    name=${name%%.*}
  fi
  if [[ -z $name ]]; then fail 78 "this machine's $DASK_FLEET_NAME_FROM is not known, so the node has no name"; fi
}

# The address of this machine that the scheduler sees.
route_source() {
  local words
  read -ra words <<<"$(getent ahostsv4 "$1")"
  read -ra words <<<"$(ip -4 route get "${words[0]:-$1}" | head -n 1)"
  while ((${#words[@]} > 1)); do
    if [[ ${words[0]} == src ]]; then
      host=${words[1]}
      return
    fi
    words=("${words[@]:1}")
  done
  fail 1 "no address of this machine leads to the scheduler at $1"
}

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
  local address=${DASK_FLEET_SCHEDULER#*://}
  scheduler_host=${address%:*}
  say "waiting for the scheduler at $DASK_FLEET_SCHEDULER"
  until port_open "$scheduler_host" "${address##*:}"; do
    if [[ -n $stopped$expired ]]; then return 1; fi
    now
    if ((up >= deadline)); then
      fail 124 "gave up: nothing answered at $DASK_FLEET_SCHEDULER within $DASK_FLEET_START_TIMEOUT s"
    fi
    sleep 0.5
  done
}

pull_image() {
  local try
  container=1
  "$docker" rm --force dask-node >/dev/null 2>&1
  if "$docker" image inspect "$DASK_FLEET_IMAGE" >/dev/null 2>&1; then return; fi
  for try in 1 2 3 4 5; do
    say "pulling $DASK_FLEET_IMAGE"
    timeout 1800 "$docker" pull --quiet "$DASK_FLEET_IMAGE" &
    child=$!
    await_child
    if [[ $code == 0 || -n $stopped$expired ]]; then return; fi
    say "docker pull ended with $code (try $try of 5)"
    if ((try < 5)); then sleep $((try * 5)); fi
  done
  fail 124 "gave up: the image $DASK_FLEET_IMAGE could not be pulled"
}

# Dask's status, once it has ended, is in $code. The arguments follow `python -m`.
run_dask() {
  local command variable file
  if [[ $DASK_FLEET_RUNTIME == docker ]]; then
    command=("$docker" run --rm --name dask-node --network host)
    for variable in ${given[@]+"${given[@]}"} ${DASK_FLEET_ENV_NAMES[@]+"${DASK_FLEET_ENV_NAMES[@]}"}; do
      command+=(--env "$variable")
    done
    if [[ $DASK_FLEET_TLS == 1 ]]; then command+=(--volume "$etc/tls:$tls:ro"); fi
    for file in ${files[@]+"${files[@]}"}; do command+=(--volume "$root$file:$file:ro"); done
    if [[ $DASK_FLEET_GPU == 1 ]]; then command+=(--gpus all); fi
    command+=(${DASK_FLEET_DOCKER_ARGS[@]+"${DASK_FLEET_DOCKER_ARGS[@]}"} "$DASK_FLEET_IMAGE" "$DASK_FLEET_PYTHON")
  else
    command=("$python")
  fi
  say "starting the $DASK_FLEET_ROLE"
  (
    # Positional parameters, because no variable of the user's can take their place. bash exports no array, so none may be left.
    set -- "${command[@]}" -m "$@"
    unset given command files preload bound
    # shellcheck source=/dev/null
    . "$etc/user.env"
    exec "$@"
  ) &
  child=$!
  await_child
}

finish() {
  if [[ -n $stopped ]]; then exit "$stopped"; fi
  if [[ -n $expired ]]; then exit 0; fi
  say "the $DASK_FLEET_ROLE ended with status $1"
  exit "$1"
}

# A status that another try would only repeat: wrong usage, or nothing there to run.
check_hopeless() {
  case $code in
    2 | 126 | 127) if [[ -z $stopped$expired ]]; then fail 78 "Dask can not run (status $code) with: $*"; fi ;;
  esac
}

[[ -r $etc/node.env ]] || fail 78 "$etc/node.env can not be read"
# shellcheck source=/dev/null
. "$etc/node.env"

if [[ -n ${DASK_FLEET_EXPIRES_AT:-} ]]; then
  if (($(date +%s) >= DASK_FLEET_EXPIRES_AT)); then
    say "the lifetime is over: Dask is not started"
    exit 0
  fi
  watch_lifetime &
  watchdog=$!
fi

files=()
if [[ $DASK_FLEET_RUNTIME == docker ]]; then
  docker=$(command -v docker) || fail 78 "there is no docker on this machine: set bootstrap, or use an image that has it"
  tls=/etc/dask-fleet/tls
  prefix=''
  pull_image
else
  python=$(command -v "$DASK_FLEET_PYTHON") || fail 78 "there is no $DASK_FLEET_PYTHON on this machine"
  tls=$etc/tls
  prefix=$root
  # Data that is spilled goes to the machine's disk: /tmp may be memory.
  export DASK_TEMPORARY_DIRECTORY=$root/var/lib/dask-fleet
  { mkdir -p "$DASK_TEMPORARY_DIRECTORY" && cd "$DASK_TEMPORARY_DIRECTORY"; } || fail 78 "no directory for Dask's files"
fi
if [[ $DASK_FLEET_TLS == 1 ]]; then
  # The client's keys too: a task that asks for a client (get_client) dials with them.
  upper=SCHEDULER
  if [[ $DASK_FLEET_ROLE == worker ]]; then upper=WORKER; fi
  give DASK_DISTRIBUTED__COMM__TLS__CA_FILE "$tls/ca.pem"
  for owner in $upper CLIENT; do
    give "DASK_DISTRIBUTED__COMM__TLS__${owner}__CERT" "$tls/cert.pem"
    give "DASK_DISTRIBUTED__COMM__TLS__${owner}__KEY" "$tls/key.pem"
  done
fi
host=${DASK_FLEET_HOST:-${DASK_FLEET_MACHINE_ADDRESS:-}}
# Each machine of a local cluster has a loopback address of its own.
loopback=127.0.0.1
case $host in 127.*) loopback=$host ;; esac

if [[ $DASK_FLEET_ROLE == scheduler ]]; then
  host=${host:-0.0.0.0}
  protocol=tcp
  if [[ $DASK_FLEET_TLS == 1 ]]; then protocol=tls; fi
  files=("$lib/dask_fleet_demand.py")
  preload=(--preload "$prefix$lib/dask_fleet_demand.py")
  if [[ -n ${DASK_FLEET_GATE_PORT:-} ]]; then
    files+=("$lib/dask_fleet_gate.py")
    preload+=(--preload "$prefix$lib/dask_fleet_gate.py")
    give DASK_FLEET_GATE_HOST "$host"
    give DASK_FLEET_GATE_PORT "$DASK_FLEET_GATE_PORT"
    give DASK_FLEET_GATE_PLAIN "${DASK_FLEET_GATE_PLAIN:-0}"
    give DASK_FLEET_DASHBOARD_HOST "$loopback"
  fi
  run_dask "${DASK_FLEET_MODULE[@]}" --protocol "$protocol" --host "$host" --port "$DASK_FLEET_PORT" \
    --dashboard-address "$loopback:$DASK_FLEET_DASHBOARD_PORT" "${preload[@]}" \
    ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
  check_hopeless ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
  finish "$code"
fi

# A worker is tried again until it ends well, and, with any other status, as long as the time to start is not over. After that a
# failure is the end: a worker that breaks after hours would break again, and its machine is better replaced.
node_name
now
deadline=$((up + DASK_FLEET_START_TIMEOUT))
while wait_for_scheduler; do
  if [[ -z $host ]]; then route_source "$scheduler_host"; fi
  now
  left=$((deadline - up))
  bound=()
  if [[ ${DASK_FLEET_MODULE[*]} == distributed.cli.dask_worker ]]; then
    # Without it a bare worker with a wrong certificate tries for ever.
    bound=(--death-timeout "$((left < 10 ? 10 : left))")
  fi
  run_dask "${DASK_FLEET_MODULE[@]}" "$DASK_FLEET_SCHEDULER" --host "$host" --name "$name" \
    --dashboard-address "$loopback:0" ${bound[@]+"${bound[@]}"} ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
  if [[ $code == 0 || -n $stopped$expired ]]; then finish "$code"; fi
  check_hopeless ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
  now
  if ((up >= deadline + 60)); then finish "$code"; fi
  if ((up >= deadline)); then
    fail 124 "gave up: the worker could not start within $DASK_FLEET_START_TIMEOUT s (last status $code)"
  fi
  say "the worker ended with status $code; another try"
  sleep 2
done
finish 0
