# What the bootstrap scripts share: patient apt, and third parties' repositories with their own signing keys. To be sourced.
# shellcheck shell=bash
export DEBIAN_FRONTEND=noninteractive

say() { printf 'dask-fleet: %s\n' "$*" >&2; }

# Another process may hold apt's lock at boot, and a mirror may be out of step.
retry() {
  local try
  for try in 1 2 3 4 5; do
    if "$@"; then return 0; fi
    say "try $try of 5 failed: $*"
    if ((try < 5)); then sleep $((try * 5)); fi
  done
  return 1
}

apt() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=60 -qq "$@"; }

# Both in one try: apt-get update ends well even when it got no list.
update_and_install() { apt update && apt install --yes --no-install-recommends "$@"; }

# add_repository NAME KEY-URL URL SUITE [COMPONENT]: packages from there are taken only with that key's signature.
add_repository() {
  local name=$1 key=/etc/apt/keyrings/$1.asc key_url=$2
  shift 2
  retry update_and_install ca-certificates curl
  install -m 0755 -d /etc/apt/keyrings
  retry curl -fsSL --max-time 60 -o "$key" "$key_url"
  chmod 0644 "$key"
  printf 'deb [arch=%s signed-by=%s] %s\n' "$(dpkg --print-architecture)" "$key" "$*" >"/etc/apt/sources.list.d/$name.list"
}
