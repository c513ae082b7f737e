#!/bin/bash
# The first process of the lab's namespaces: makes them fit for machines, then runs a command: inside.sh COMMAND ARGUMENT…
# Whatever is mounted, plugged or started from here on goes with these namespaces, however they end.
set -euo pipefail

ip link set lo up
mount -t sysfs sysfs /sys
# Where the older hierarchy is mounted, a systemd in a container hangs silently.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/systemd/nspawn /run/lab
export TMPDIR=/run/lab

# Not exec: the first process has to take in those whose parents end before them.
"$@"
