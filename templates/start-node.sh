#!/bin/bash
# Runs this machine's Dask node and ends when it ends: under systemd on a cloud machine (dask-node.service) and, unchanged, as any
# user below $DASK_FLEET_ROOT (LocalCluster). bash 3.2 will do. All that differs is data in etc/dask-fleet:
#   node.env   the parameters of the role; $DASK_FLEET_MACHINE_ADDRESS gives a machine on this computer an address of its own
#   user.env   Dask's own environment, read where nothing of ours follows
# Beside it: node-facts.sh and node-tries.sh, and node-docker.sh where Dask runs in Docker.
# Exit status: 0 Dask ended as it should, or its lifetime is over; 78 these parameters can not work; 124 not started in time;
# 130/143 told to stop; else what Dask ended with. To stop it, signal this process only: it tells Dask once.
# shellcheck disable=SC2317  # shellcheck 0.9 takes functions that traps call for unreachable
set -u

root=${DASK_FLEET_ROOT:-}
etc=$root/etc/dask-fleet
lib=/etc/dask-fleet/lib
# What is said and lent here is gone when the machine is off.
run=$root/run/dask-fleet
child='' watchdog='' container='' stopped='' expired='' lent='' name='' reason=''
given=()

say() { printf 'dask-fleet: %s\n' "$*" >&2; }
fail() {
  local code=$1
  shift
  # machine.sh puts the reason into its last line.
  reason=${*//[^[:print:]]/?}
  say "gave up: $reason"
  printf '%s\n' "${reason:0:300}" 2>/dev/null >"$run/reason"
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
  if [[ $lent == "$run/tls" ]]; then rm -rf "$lent"; fi
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

# Sleeps, and wakes up when it is told to stop.
nap() {
  sleep "$1" &
  child=$!
  await_child
}

# Runs in the background: an absolute time holds across restarts, and short naps hold across a changed clock.
watch_lifetime() {
  local nap='' left
  trap 'kill "$nap" 2>/dev/null; exit' TERM
  until lifetime_is_over; do
    kill -0 $$ 2>/dev/null || exit
    left=$((DASK_FLEET_EXPIRES_AT - $(date +%s)))
    sleep $((left > 0 && left < 20 ? left : 20)) &
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

# The address of this machine that the scheduler sees, in $host.
route_source() {
  local words family=-4
  # Of a name that has both kinds, the first that this machine can reach.
  read -ra words <<<"$(getent ahosts "$1" | head -n 1)"
  set -- "$1" "${words[0]:-$1}"
  case $2 in *:*) family=-6 ;; esac
  read -ra words <<<"$(ip "$family" route get "$2" | head -n 1)"
  while ((${#words[@]} > 1)); do
    if [[ ${words[0]} == src ]]; then
      host=${words[1]}
      return
    fi
    words=("${words[@]:1}")
  done
  fail 1 "no address of this machine leads to the scheduler at $1"
}

# As Dask wants an address to listen on: `::`, all addresses of both kinds, is nothing at all there; brackets alone would be IPv6 only.
dask_host() {
  case $host in
    ::) listen='' ;;
    *:*) listen="[$host]" ;;
    *) listen=$host ;;
  esac
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
  # Brackets belong to an address with a port only.
  case $scheduler_host in \[*\]) scheduler_host=${scheduler_host#\[} scheduler_host=${scheduler_host%\]} ;; esac
  say "waiting for the scheduler at $DASK_FLEET_SCHEDULER"
  until port_open "$scheduler_host" "${address##*:}"; do
    if [[ -n $stopped$expired ]]; then return 1; fi
    now
    if ((up >= deadline)); then
      fail 124 "nothing answered at $DASK_FLEET_SCHEDULER within $DASK_FLEET_START_TIMEOUT s"
    fi
    sleep 0.5
  done
}

exec_dask() {
  # Positional parameters, because no variable of the user's can take their place. bash exports no array, so none may be left.
  set -- "${command[@]}" -m "$@"
  unset given command files preload bound taken gpus
  # shellcheck source=/dev/null
  . "$etc/user.env"
  exec "$@"
}

# Dask's status, once it has ended, is in $code. The arguments follow `python -m`.
run_dask() {
  if [[ $DASK_FLEET_RUNTIME == docker ]]; then
    container_command
  else
    command=("$python" ${DASK_FLEET_PYTHON_ARGS[@]+"${DASK_FLEET_PYTHON_ARGS[@]}"})
  fi
  say "starting the $DASK_FLEET_ROLE"
  start_child exec_dask "$@"
  await_child
  hear_out
  judge
}

finish() {
  if [[ -n $stopped ]]; then exit "$stopped"; fi
  if [[ -n $expired ]]; then exit 0; fi
  if [[ -n $reason ]]; then printf '%s\n' "$reason" 2>/dev/null >"$run/reason"; fi
  say "the $DASK_FLEET_ROLE ended with status $1${reason:+: $reason}"
  exit "$1"
}

[[ -r $etc/node.env ]] || fail 78 "$etc/node.env can not be read"
# shellcheck source=/dev/null
. "$etc/node.env"
for part in facts tries docker; do
  if [[ $part == docker && $DASK_FLEET_RUNTIME != docker ]]; then continue; fi
  # shellcheck source=/dev/null
  . "$root$lib/node-$part.sh" || fail 78 "$root$lib/node-$part.sh can not be read"
done
mkdir -p "$run" 2>/dev/null
rm -f "$run/reason"

# The start of the machine and of its node are over together; when systemd starts the node again, it has time anew.
now
deadline=$((up + DASK_FLEET_START_TIMEOUT))
if read -r boot_deadline 2>/dev/null <"$run/boot-deadline"; then
  rm -f "$run/boot-deadline"
  boot_deadline=${boot_deadline%%[!0-9]*}
  if [[ -n $boot_deadline ]] && ((boot_deadline > up)); then deadline=$boot_deadline; fi
fi

if [[ -n ${DASK_FLEET_EXPIRES_AT:-} ]]; then
  if lifetime_is_over; then
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
  if [[ -n $stopped$expired ]]; then finish 0; fi
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
await_clock
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
  taken=("$host:$DASK_FLEET_PORT" "$loopback:$DASK_FLEET_DASHBOARD_PORT")
  if [[ -n ${DASK_FLEET_GATE_PORT:-} ]]; then taken+=("$host:$DASK_FLEET_GATE_PORT"); fi
  await_ports "${taken[@]}"
  dask_host
  while [[ -z $stopped$expired ]]; do
    run_dask "${DASK_FLEET_MODULE[@]}" --protocol "$protocol" --host "$listen" --port "$DASK_FLEET_PORT" \
      --dashboard-address "$loopback:$DASK_FLEET_DASHBOARD_PORT" "${preload[@]}" \
      ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
    now
    # 125: Docker could not start it, perhaps because Docker is being restarted. What Dask fails of is systemd's business.
    if [[ $code != 125 || $DASK_FLEET_RUNTIME != docker || -n $stopped$expired ]] || ((up >= deadline)); then finish "$code"; fi
    say "docker ended with status 125; another try"
    nap 2
  done
  finish 0
fi

# A worker is tried again until it ends well, and, with any other status, as long as the time to start is not over. After that a
# failure is the end: a worker that breaks after hours would break again, and its machine is better replaced.
node_name
while wait_for_scheduler; do
  if [[ -z $host ]]; then route_source "$scheduler_host"; fi
  dask_host
  now
  left=$((deadline - up))
  bound=()
  if [[ ${DASK_FLEET_MODULE[*]} == distributed.cli.dask_worker ]]; then
    # Without it a bare worker with a wrong certificate tries for ever.
    bound=(--death-timeout "$((left < 10 ? 10 : left))")
  fi
  run_dask "${DASK_FLEET_MODULE[@]}" "$DASK_FLEET_SCHEDULER" --host "$listen" --name "$name" \
    --dashboard-address "$loopback:0" ${bound[@]+"${bound[@]}"} ${DASK_FLEET_ARGS[@]+"${DASK_FLEET_ARGS[@]}"}
  if [[ $code == 0 || -n $stopped$expired ]]; then finish "$code"; fi
  now
  if ((up >= deadline + 60)); then finish "$code"; fi
  if ((up >= deadline)); then
    fail 124 "the worker could not start within $DASK_FLEET_START_TIMEOUT s (last status $code)${reason:+: $reason}"
  fi
  say "the worker ended with status $code; another try"
  nap 2
done
finish 0
