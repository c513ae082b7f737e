# What a machine can do with /bin/sh alone, whatever else it lacks or has not been told yet: the end of its lifetime, its last words,
# and forgetting what the machine was told whose disk this was. Functions only; cloud-init's bootcmd calls `arm` at every boot, its
# runcmd `begin`, dask-fleet-lifetime.service `watch`, and machine.sh the rest. Parameters are in the file guard, one line:
# EXPIRES_AT LIFETIME ENDS CLUSTER. The first two are 0 where nothing expires; ENDS is stay, linger or now.
# shellcheck shell=sh

etc=/etc/dask-fleet
lib=$etc/lib
run=/run/dask-fleet
units=/etc/systemd/system
FOREIGN="this disk was another machine's: what that one was told is removed"

say() { printf 'dask-fleet: %s\n' "$*" >&2; }

# The last that is heard of Dask here: the launcher waits no longer for a machine whose console has this line
# (src/fleet/consoles/gave-up.ts), so it is said of nothing that is tried again. After a failure the machine stays up five more minutes
# where the console can be read that long. over REASON [failed]
over() {
  end="this machine's part in $cluster is over: $1"
  if [ "$ends" = stay ]; then
    say "$end; autoShutdown is off, so the machine stays on"
    return
  fi
  say "$end; the machine is powered off"
  if [ "${2:-}" = failed ] && [ "$ends" = linger ] && off_later; then return; fi
  off
}

off_later() {
  if [ ! -e $lib/end.sh ]; then
    shutdown -h +5
  else
    systemd-run --on-active=300 /bin/sh -c ". $lib/guard.sh; off"
  fi
}

# Where a cloud charges for machines that are powered off, end.sh asks it to delete this one. In any case it powers off.
off() {
  if [ -e $lib/end.sh ]; then
    use_proxy
    timeout -k 5 45 bash $lib/end.sh </dev/null || say "the machine could not delete itself: it only powers off"
  fi
  systemctl poweroff || systemctl poweroff --force
}

# The way out, where there is no other.
use_proxy() {
  if [ ! -r $etc/proxy.env ]; then return 1; fi
  set -a
  # shellcheck source=/dev/null
  . $etc/proxy.env
  set +a
}

# Whether this disk was another machine's, as that of an image that was made from one. $found is the instance that cloud-init has
# found in this boot, as bootcmd is told or the others can read: nothing while it looks, or where it found none.
foreign() {
  read -r found 2>/dev/null </run/cloud-init/.instance-id || found=
  found=${INSTANCE_ID:-$found}
  if [ "$found" = iid-datasource-none ]; then found=; fi
  read -r known 2>/dev/null <$etc/instance-id || known=
  [ -n "$found" ] && [ "$found" != "$known" ]
}

wipe() {
  # An image's units may be waiting for their turn in this very boot.
  systemctl stop --no-block dask-node.service dask-worker.service dask-fleet-lifetime.service
  systemctl disable dask-node.service dask-fleet-boot.service dask-fleet-lifetime.service
  systemctl disable dask-worker.service
  rm -rf $etc /var/lib/dask-fleet $run
  rm -f $units/dask-node.service $units/dask-worker.service $units/dask-fleet-*.service $units/*.d/dask-fleet*.conf
  systemctl daemon-reload
} 2>/dev/null

# arm GUARD UNIT EXPIRES_AT LIFETIME ENDS CLUSTER: the first two are the texts of this file and of dask-fleet-lifetime.service.
arm() {
  guard=$1 unit=$2
  shift 2
  expires=$1 lifetime=$2 ends=$3 cluster=$4
  if foreign && [ -e $etc ]; then
    if [ -n "$known" ]; then say "$FOREIGN"; fi
    wipe
  fi
  # cloud-init would not repeat what a loss of power interrupted.
  if [ ! -e $etc/booted ]; then
    done=/var/lib/cloud/instance/sem/config
    rm -f "$done"[_-]write[_-]files "$done"[_-]runcmd "$done"[_-]scripts[_-]user
  fi
  mkdir -p $lib
  printf '%s\n' "$found" >$etc/instance-id
  printf '%s\n' "$guard" >$lib/guard.sh
  printf '%s\n' "$*" >$etc/guard
  if [ "$expires" = 0 ]; then return; fi
  printf '%s\n' "$unit" >$units/dask-fleet-lifetime.service
  # A switch that cannot be installed is held by hand.
  if ! systemctl enable --now --no-block dask-fleet-lifetime.service; then watch & fi
}

begin() {
  read -r expires lifetime ends cluster <$etc/guard
  say "this machine is part of $cluster"
  if ! bash -c : 2>/dev/null; then
    say "another machine would fail in the same way"
    over "there is no bash on this machine" failed
  elif ! systemctl enable --now --no-block dask-fleet-boot.service; then
    over "dask-fleet-boot.service could not be started" failed
  fi
}

# When the bootstrap has ended, as systemd says (systemd.exec(5)): machine.sh ends with 1 when it has said why.
bootstrap_ended() {
  case $SERVICE_RESULT:$EXIT_STATUS in success:* | exit-code:1) return ;; esac
  if [ "$(systemctl is-system-running)" = stopping ]; then return; fi
  read -r expires lifetime ends cluster <$etc/guard
  over "bootstrap failed: machine.sh was ended ($SERVICE_RESULT $EXIT_STATUS)" failed
}

# Seconds since the kernel was started, which no clock change at boot disturbs.
now() {
  read -r up rest </proc/uptime
  up=${up%%.*}
}

synchronized() {
  [ -e /run/systemd/timesync/synchronized ] ||
    [ "$(timeout 5 timedatectl show --property=NTPSynchronized --value 2>/dev/null)" = yes ]
}

# Whether the lifetime is over. A machine is younger than its user data: one that has been up for a whole
# lifetime is at its end, however far its clock lags. A clock that is past the end from the beginning may be ahead: it is believed
# once it was set, or after five minutes. Nothing is decided before cloud-init knows which machine this is, if it ever does.
expired() {
  if foreign; then return; fi
  now
  # A container's PID 1 is younger than its kernel.
  read -r rest </proc/1/stat
  # shellcheck disable=SC2086
  set -- ${rest##*) }
  up=$((up - ${20} / 100))
  if [ "$(date +%s)" -lt "$expires" ] && [ "$up" -lt "$lifetime" ]; then
    ticked=1
    return 1
  fi
  if [ -z "$found" ] && [ "$up" -lt 600 ]; then return 1; fi
  if [ -n "$ticked" ] || [ "$up" -ge "$lifetime" ] || [ "$up" -ge 300 ] || synchronized; then return 0; fi
  if [ -z "$doubt" ]; then say "the clock says that the lifetime is over, but nobody has set it yet"; fi
  doubt=1
  return 1
}

# dask-fleet-lifetime.service. start-node.sh leaves it to this watch where there is one (/run/dask-fleet/watched).
watch() {
  ticked='' doubt=''
  if [ -r $etc/guard ]; then read -r expires lifetime ends cluster <$etc/guard; fi
  mkdir -p $run
  : >$run/watched
  until expired; do sleep 3; done
  if foreign; then return; fi
  : >$run/expired
  node=$(timeout 10 systemctl show --property=MainPID --value dask-node.service)
  if [ "${node:-0}" != 0 ]; then
    # It tells Dask, and says so; after a minute it is told to hurry.
    kill -USR1 "$node"
    timeout 60 tail --pid="$node" -f /dev/null || { kill -USR2 "$node" && sleep 5; }
    # machine.sh, too, is about to power off.
    if [ "$ends" != stay ]; then off; fi
  else
    over "the lifetime is over"
  fi
  if [ "$ends" = stay ]; then return; fi
  # Who is still here is held up by something that does not end.
  sleep 20
  systemctl poweroff --force
  sleep 10
  systemctl poweroff --force --force
}
