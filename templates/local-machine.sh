#!/bin/bash
# The power switch of a local machine: runs the start script it is given, in this process group.
# Standard input is a pipe that the launcher holds open; when the launcher is gone, however it went,
# the pipe closes and the power goes off for the whole group.
set -u

"$@" </dev/null &
node=$!

(
  exec >/dev/null 2>&1
  while read -r _; do :; done
  kill -KILL 0
) <&0 &
watch=$!

trap 'kill -TERM "$node" 2>/dev/null' TERM INT HUP
status=0
while kill -0 "$node" 2>/dev/null; do
  wait "$node"
  status=$?
done
trap - TERM INT HUP
kill "$watch" 2>/dev/null
exit "$status"
