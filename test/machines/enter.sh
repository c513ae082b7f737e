#!/bin/bash
# Leads into the lab's namespaces: enter.sh GROUP COMMAND ARGUMENT… runs the command there, all of it in the control group GROUP
# below the root. To be called in a mount namespace of its own. When this process ends, however it ends, so does all that
# it has started.
set -euo pipefail

group=/sys/fs/cgroup/$1
shift
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "$group"
echo $$ >"$group/cgroup.procs"
exec unshare --cgroup --mount --net --pid --ipc --uts --fork --kill-child --mount-proc \
  "${BASH_SOURCE[0]%/*}/inside.sh" "$@"
