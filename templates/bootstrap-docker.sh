#!/bin/bash
# Installs Docker from its own apt repository on Ubuntu or Debian, amd64 or arm64, unless it is there already.
set -euo pipefail
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/bootstrap-apt.sh"

docker_answers() { docker info >/dev/null 2>&1; }

if ! command -v docker >/dev/null; then
  # shellcheck source=/dev/null
  . /etc/os-release
  case $ID in
    ubuntu | debian) ;;
    *)
      say "Docker can only be installed on Ubuntu and Debian, not on ${PRETTY_NAME:-$ID}: use an image that has it"
      exit 1
      ;;
  esac
  say "installing Docker"
  add_repository docker "https://download.docker.com/linux/$ID/gpg" \
    "https://download.docker.com/linux/$ID" "$VERSION_CODENAME" stable
  retry update_and_install docker-ce docker-ce-cli containerd.io
fi
# podman's docker command has no service. A service that fails may have been started again by the time that Docker is asked.
if systemctl cat docker.service >/dev/null 2>&1; then
  systemctl enable --now docker.service || say "docker.service could not be started"
fi
retry docker_answers || {
  say "Docker is installed but does not answer"
  exit 1
}
