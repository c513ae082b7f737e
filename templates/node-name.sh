#!/bin/bash
# The machine's name in the cluster. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# The name by which the provider knows this machine. cloud-init has it from the cloud itself, whatever the image made of
# /etc/hostname (preserve_hostname, a comment, a name that was baked in).
node_name() {
  local line cloud=$root/run/cloud-init/instance-data.json key=local_hostname
  name=${DASK_FLEET_NAME:-}
  if [[ -n $name ]]; then return; fi
  if [[ $DASK_FLEET_NAME_FROM == instance-id ]]; then key=instance_id; fi
  # cloud-init writes one key a line, indented by its depth.
  name=$(sed -n '/^ "v1": {/,/^ }/s/^  "'"$key"'": "\([^"\\]*\)",*$/\1/p' "$cloud" 2>/dev/null)
  if [[ -z $name && -z $root ]]; then
    name=$(cloud-init query "v1.$key" 2>/dev/null) || name=''
  fi
  if [[ -z $name && $key == instance_id ]]; then
    read -r name 2>/dev/null <"$root/var/lib/cloud/data/instance-id"
  elif [[ -z $name ]]; then
    while [[ -z $name ]] && { read -r line || [[ -n $line ]]; }; do name=${line%%#*}; done 2>/dev/null <"$root/etc/hostname"
    if [[ -z $name ]]; then name=$(hostname); fi
  fi
  name=${name%%[[:space:]]*}
  if [[ $key == local_hostname ]]; then name=${name%%.*}; fi
  if [[ -z $name ]]; then fail 78 "this machine's $DASK_FLEET_NAME_FROM is not known, so the node has no name"; fi
}
