#!/bin/bash
# Installs Docker from its own apt repository on Ubuntu or Debian, amd64 or arm64, unless it is there, and sees that it runs.
# shellcheck disable=SC2154
set -euo pipefail
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/bootstrap-apt.sh"

has_service() { systemctl cat docker.service >/dev/null 2>&1; }

# The daemon's last word of failure, else systemd's.
why() {
  local words
  words=$(journalctl --boot --no-pager --output=cat --lines=60 _SYSTEMD_UNIT=docker.service 2>/dev/null |
    grep -E 'failed to start|unable to|level=(fatal|error)|[Ee]rror' | tail -n 1 |
    sed -E 's/^time=[^ ]+ (level=[a-z]+ )?(msg=)?//')
  if [[ -z $words ]]; then
    words=$(journalctl --boot --no-pager --output=cat --lines=20 --unit=docker.service 2>/dev/null | grep -m 1 -i fail)
  fi
  printf '%s' "${words:-its journal does not say why}"
}

docker_runs() {
  local words
  if timeout 60 docker info >/dev/null; then return; fi
  # Of snap's service others take care; where ours is up and only slow, there is nothing but to wait.
  if [[ -e /snap/bin/docker ]] || systemctl --quiet is-active docker.service; then return 1; fi
  if ! has_service; then
    echo "Docker does not start: there is a docker command, and no docker.service"
    return 1
  fi
  systemctl reset-failed docker.service || true
  if systemctl restart docker.service; then
    timeout 60 docker info >/dev/null
    return
  fi
  words=$(why || true)
  # What passes when others have come up is no lasting trouble (bootstrap-common.sh).
  case $words in
    *containerd* | *"still running"* | *timeout* | *deadline*) printf 'Docker does not start yet: %s\n' "$words" ;;
    *) printf 'Docker does not start: %s\n' "$words" ;;
  esac
  return 1
}

# What was cut short by a power cycle is done again: the command may be there, and the daemon not.
unfinished=$state/installing-docker
if [[ -e $unfinished ]] || ! command -v docker >/dev/null; then
  # shellcheck source=/dev/null
  . /etc/os-release
  case $ID in
    ubuntu | debian) ;;
    *) give_up 78 "Docker can only be installed on Ubuntu and Debian, not on ${PRETTY_NAME:-$ID}: use an image that has it" ;;
  esac
  say "installing Docker"
  : >"$unfinished"
  add_repository docker "https://download.docker.com/linux/$ID/gpg" 9DC858229FC7DD38854AE2D88D81803C0EBFCD88 \
    "https://download.docker.com/linux/$ID" "${VERSION_CODENAME:-$ID}" stable
  install_packages docker-ce docker-ce-cli containerd.io
  rm "$unfinished"
fi
# podman's docker command has no service. A service that fails may have been started again by the time that Docker is asked.
if has_service; then
  systemctl enable --now docker.service || say "docker.service could not be started"
fi
patiently "waiting for Docker" docker_runs
