#!/bin/bash
# What only a real machine does around start-node.sh:
#   machine.sh boot          run by dask-fleet-boot.service at every boot: does what is not done yet, then starts the nodes
#   machine.sh stopped UNIT  run by systemd whenever a node has ended: powers the machine off when autoShutdown is on
#   machine.sh clean         before an image is made of the machine: removes its user data's files
# shellcheck disable=SC2154
set -u

restarts=3
# Boots in which a step may be interrupted.
tries=5
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/guard.sh"

# The end, with what whoever gave up has said, for whoever reads the last line only.
failed() {
  local said=''
  if [[ -r $run/reason ]]; then read -r -n 300 said <"$run/reason"; fi
  rm -f "$run/reason"
  over "$1${said:+: ${said//[^[:print:]]/ }}" failed
}

# A shutdown, or a stop by hand: the step has a moment to end by itself, because it may have asked for a reboot as its last act.
told_to_stop() {
  interrupted=1 stopping=1
  if [[ -n $child ]]; then (sleep 10 && kill "$child") 2>/dev/null & fi
}

# The status of the step is in $code; it is bound to end before the deadline.
run_bound() {
  now
  timeout --kill-after=10 "$((deadline > up ? deadline - up : 1))" bash "$1" </dev/null &
  child=$!
  interrupted=1
  while [[ -n $interrupted ]]; do
    interrupted=''
    wait "$child"
    code=$?
  done
  child=''
}

# A step runs until it has ended well, in as many boots as that takes.
run_step() {
  local step=${1##*/} begun=0
  if [[ ! -e $1 || -e $etc/steps/$step.done ]]; then return; fi
  if [[ -r $etc/steps/$step.begun ]]; then read -r begun <"$etc/steps/$step.begun"; fi
  if ((begun >= tries)); then give_up "$step was begun in $begun boots and ended in none"; fi
  mkdir -p "$etc/steps"
  echo "$((begun + 1))" >"$etc/steps/$step.begun"
  say "bootstrap: $step"
  rm -f "$run/reason"
  run_bound "$1"
  if [[ $code == 0 ]]; then
    : >"$etc/steps/$step.done"
    leave_if_stopping
    return
  fi
  leave_if_stopping
  if [[ $code == 78 ]]; then say "another machine would fail in the same way"; fi
  now
  if ((up >= deadline)); then step+=" did not end within the $DASK_FLEET_START_TIMEOUT s of startTimeoutMs and"; fi
  give_up "$step ended with status $code"
}

# What fails while the system is going down says nothing.
leave_if_stopping() {
  if [[ -n $stopping || $(systemctl is-system-running) == stopping ]]; then
    say "bootstrap: interrupted; the next boot goes on"
    exit 1
  fi
}

give_up() {
  leave_if_stopping
  failed "bootstrap failed: $1"
  exit 1
}

boot() {
  local step node child='' stopping=''
  if foreign; then
    say "$FOREIGN"
    forget
    exit
  fi
  if [[ -e $etc/booted ]]; then exit; fi
  trap told_to_stop TERM
  mkdir -p "$run/worker"
  now
  deadline=$((up + DASK_FLEET_START_TIMEOUT))
  export DASK_FLEET_BOOT_DEADLINE=$deadline
  # Each node takes its own away.
  echo "$deadline" | tee "$run/boot-deadline" >"$run/worker/boot-deadline"
  if use_proxy; then
    # A Docker of the image's may have been started before it was told of the proxy.
    systemctl daemon-reload
    systemctl try-restart docker.service
  fi
  for step in "$lib/bootstrap-machine.sh" "$etc/bootstrap-pre.sh" "$lib"/bootstrap-{docker,nvidia}.sh "$etc/bootstrap-extra.sh"; do
    run_step "$step"
  done
  # --no-block: the unit waits for this one.
  for node in dask-node dask-worker; do
    if [[ ! -e $units/$node.service ]]; then continue; fi
    systemctl enable --now --no-block $node.service || give_up "$node.service could not be started"
  done
  # What was done must not be lost after the word that it was.
  sync
  : >"$etc/booted"
}

# systemd gives $SERVICE_RESULT and $EXIT_STATUS (systemd.exec(5)).
stopped() {
  local done_restarts
  if [[ $DASK_FLEET_RUNTIME == docker ]]; then docker rm --force "$1" >/dev/null 2>&1; fi
  if [[ $1 == dask-worker ]]; then
    run+=/worker
    # The machine is the scheduler's: it goes on (src/fleet/consoles/gave-up.ts).
    over() { say "this machine's workers in $cluster are over: $1; the machine stays on"; }
  fi
  if [[ $(systemctl is-system-running) == stopping ]]; then return; fi
  case ${SERVICE_RESULT:-}:${EXIT_STATUS:-} in
    success:0) over "Dask has ended" ;;
    success:*) say "the node was stopped by hand: the machine stays on" ;;
    *:78 | *:124) failed "the node could not start (status $EXIT_STATUS)" ;;
    *)
      done_restarts=$(systemctl show --property=NRestarts --value "$1.service")
      if ((${done_restarts:-0} >= restarts)); then
        failed "the node failed again (${SERVICE_RESULT:-} ${EXIT_STATUS:-})"
      else
        say "the node failed (${SERVICE_RESULT:-} ${EXIT_STATUS:-}): systemd starts it again"
      fi
      ;;
  esac
}

# The environment of a container holds secrets, too.
forget() {
  timeout 60 docker rm --force dask-node dask-worker >/dev/null 2>&1
  wipe
}

# cloud-init keeps copies of what it was told, and believes that it has run.
clean() {
  systemctl stop dask-node.service dask-fleet-boot.service
  systemctl stop dask-worker.service 2>/dev/null
  forget
  if command -v cloud-init >/dev/null; then
    cloud-init clean --logs --machine-id || cloud-init clean --logs || exit 1
  fi
  say "clean; nothing ends this machine by itself any more"
}

if [[ -n ${DASK_FLEET_ROOT:-} || $EUID != 0 || ${1:-} != @(boot|stopped|clean) ]]; then
  say "usage: machine.sh boot|stopped UNIT|clean, as root of a machine of its own"
  exit 78
fi
export HOME=/root
if [[ $1 != clean ]]; then
  # shellcheck disable=SC2034
  read -r _ _ ends cluster <"$etc/guard"
  # shellcheck source=/dev/null
  . "$etc/node.env"
fi
"$@"
