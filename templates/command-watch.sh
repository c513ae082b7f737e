#!/bin/sh
# Ends commands, with all that they have started. The launcher alone holds the other end of standard input. Lines:
#   ? MARK              a command is about to begin, with that in its environment
#   + PID               it has begun
#   - PID               it has ended
#   ! PID SECONDS NAME  it is to end: with that signal, SIGTERM after half of the time, SIGKILL at its end. 0 is no signal.
# At the end of the input the launcher is gone, however it went: then all commands are to end.
set -u

GRACE=5

# Lines "PID PARENT".
parents() {
  if [ -r /proc/self/stat ]; then
    # The name, in brackets, may hold anything (proc(5)).
    sed -n 's/^\([0-9]*\) (.*) [^ ]* \([0-9]*\) .*/\1 \2/p' /proc/[0-9]*/stat
  else
    ps -A -o pid= -o ppid=
  fi
}

# Those processes and all that they have started.
tree() {
  known=" $* "
  all=$(parents)
  grew=yes
  while [ -n "$grew" ]; do
    grew=
    while read -r pid parent; do
      case $known in *" $pid "*) continue ;; esac
      case $known in *" $parent "*)
        known="$known$pid "
        grew=yes
        ;;
      esac
    done <<LINES
$all
LINES
  done
  echo "$known"
}

# Those with that mark in their environment.
marked() {
  if [ -r /proc/self/environ ]; then
    grep -lF "$1" /proc/[0-9]*/environ | sed 's,/proc/\([0-9]*\)/.*,\1,'
  else
    # `grep` would find itself, by its argument.
    ps -A -E -ww -o pid= -o command= | while read -r pid words; do
      case $words in *"$1"*) echo "$pid" ;; esac
    done
  fi
}

signal() {
  what=$1
  shift
  for pid; do kill -s "$what" "$pid"; done
}

alive() {
  for pid; do kill -s 0 "$pid" && return 0; done
  return 1
}

now() {
  date +%s
}

# TIME PID…: until they have ended, or that time has come, if no clock is set meanwhile.
await() {
  time=$1
  tries=$(((time - $(now)) * 10))
  shift
  while alive "$@" && [ "$(now)" -lt "$time" ] && [ "$tries" -gt 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
  done
}

# SECONDS NAME PID…
finish() {
  last=$(($(now) + $1))
  half=$((last - $1 / 2))
  name=$2
  shift 2
  # A parent's end makes its children another's: they are looked for before.
  # shellcheck disable=SC2046 # a list
  set -- $(tree "$@")
  if [ "$name" != TERM ]; then
    signal "$name" "$@"
    signal CONT "$@"
    await "$half" "$@"
    # shellcheck disable=SC2046
    set -- $(tree "$@")
  fi
  signal TERM "$@"
  # One that is stopped, such as a reader of a terminal that a shell has taken back, would not hear it.
  signal CONT "$@"
  await "$last" "$@"
  # shellcheck disable=SC2046
  if alive "$@"; then signal KILL $(tree "$@"); fi
}

exec 2>/dev/null
commands=" " mark=
while read -r change pid seconds name; do
  case $change in
    \?) mark=$pid ;;
    +) commands="$commands$pid " mark= ;;
    -) case $commands in *" $pid "*) commands="${commands%% "$pid" *} ${commands#* "$pid" }" ;; esac ;;
    !) finish "$seconds" "$name" "$pid" & ;;
  esac
done
# The launcher was killed before it could say which process it had started. That process holds the other end of the input, too, until
# its own program runs, with the mark: it is there by now.
[ -z "$mark" ] || commands="$commands$(marked "$mark")"
# shellcheck disable=SC2086 # a list
[ "$commands" = " " ] || finish "$GRACE" TERM $commands
