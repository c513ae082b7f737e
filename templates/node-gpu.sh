#!/bin/bash
# How a container gets the machine's GPUs. Sourced by start-node.sh, with node-container.sh, on machines that have some.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# podman knows GPUs as CDI devices alone. Docker takes --gpus where it has found NVIDIA's hook, else CDI where it has that.
gpu_arguments() {
  local specs
  gpus=()
  if command -v nvidia-smi >/dev/null; then
    specs=$(timeout 60 nvidia-smi --list-gpus 2>&1)
    case $specs in
      *'GPU 0'*) ;;
      *) fail 1 "the GPU does not answer: ${specs//$'\n'/ }" ;;
    esac
  fi
  if [[ -z ${DASK_FLEET_OWN_GPUS:-} ]]; then return; fi
  gpus=(--gpus all)
  case $("$docker" --version) in *podman*) gpus=(--device nvidia.com/gpu=all) && return ;; esac
  if command -v nvidia-container-runtime-hook >/dev/null; then return; fi
  specs=$("$docker" info --format '{{.CDISpecDirs}}' 2>/dev/null)
  if [[ $specs == *cdi* ]] && grep -q -s nvidia.com/gpu "$root"/etc/cdi/* "$root"/var/run/cdi/*; then
    gpus=(--device nvidia.com/gpu=all)
  fi
}
