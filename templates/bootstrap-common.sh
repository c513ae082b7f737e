# What the steps of a bootstrap share: one deadline, patience until then, and one way to give up. To be sourced.
# shellcheck shell=bash disable=SC2154
# needrestart would ask, or restart Docker and Dask: it only lists.
export LC_ALL=C NEEDRESTART_MODE=l DEBIAN_FRONTEND=noninteractive
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/guard.sh"
state=$etc/steps
mkdir -p "$run" "$state"
# What the last command of `patiently` printed, and what is being done.
said=$run/said
: >"$said"
doing=''
# The console, even where a command's output is kept.
exec 3>&2

# At how many seconds of /proc/uptime the start must be over, machine.sh says.
now
deadline=${DASK_FLEET_BOOT_DEADLINE:-$((up + 600))}

# give_up STATUS REASON: machine.sh tells the launcher the reason, and of 78 that another machine would fail in the same way.
give_up() {
  local status=$1 reason=${*:2}
  reason=${reason//[^[:print:]]/ }
  # Go's errors have their cause at the end.
  if ((${#reason} > 300)); then reason="${reason:0:140} ... ${reason: -155}"; fi
  trap - EXIT
  say "gave up: $reason" 2>&3
  printf '%s\n' "$reason" >"$run/reason"
  exit "$status"
}

told_to_stop() {
  # Then machine.sh has the word.
  if [[ $(systemctl is-system-running) == stopping ]]; then trap - EXIT && exit 143; fi
  give_up 124 "out of time: $doing: $(trouble)"
}
# What nobody has thought of has a reason, too.
ended() {
  local status=$?
  if [[ $status != 0 ]]; then give_up "$status" "${0##*/} ended with status $status${doing:+ after: $doing}"; fi
}
trap told_to_stop TERM
trap ended EXIT

# What the last command failed with: the first error is the cause, what follows are its effects.
trouble() {
  grep -m 1 -E '^(E|Error|curl|Docker [a-z ]+): |^W: (Failed to fetch|GPG error|OpenPGP)' "$said" || grep . "$said" | tail -n 1 || true
}

# What time does not mend, if the last command failed with such and with nothing that passes.
lasting() {
  local passing='Could not get lock|Unable to (acquire|lock)|Temporary failure|Could not (connect|resolve)|Connection '
  passing+='|  (403|5[0-9][0-9])  |unexpected size|Hash Sum mismatch|NOSPLIT|not valid yet|[Nn]ot live until'
  if grep -q -E "$passing" "$said"; then return; fi
  grep -m 1 -E 'does not have a Release file|NO_PUBKEY|EXPKEYSIG|OpenPGP signature|No space left on device|enough free space in' "$said" ||
    grep -m 1 -E '^curl: .* error: 404|^Docker does not start: |No drivers found for installation' "$said" ||
    { ! grep -q 'Failed to fetch' "$said" && grep -m 1 -E 'Unable to locate package|no installation candidate' "$said"; } || true
}

space() {
  df --output=target,avail,iavail --block-size=1M / /var /tmp | sed 1d | sort -u |
    xargs printf '; %s has %s MB and %s inodes left'
}

# To be replaced by what may mend a command that has failed.
mend() { :; }

# patiently WHAT COMMAND...: tries until the deadline, ever more slowly. What time does not mend is the end at its second time in a
# row: a mirror may answer wrongly once.
patiently() {
  local pause=2 before='' cause code
  doing=$1
  shift
  while :; do
    code=0
    "$@" >"$said" 2>&1 </dev/null || code=$?
    cat "$said" >&2
    if [[ $code == 0 ]]; then return; fi
    cause=$(lasting)
    if [[ -n $cause && $cause == "$before" ]]; then
      if [[ $cause == *space* ]]; then cause+=$(space); fi
      give_up 78 "$doing: $cause"
    fi
    before=$cause cause=$(trouble)
    now
    if ((up + pause >= deadline)); then give_up 124 "out of time: $doing: $cause"; fi
    say "$doing: ${cause:-it failed}; another try in $pause s"
    mend >/dev/null 2>&1 || true
    # Not at the same moment as all other machines.
    sleep $((pause + RANDOM % 3))
    pause=$((pause < 14 ? pause + 3 : 15))
  done
}
