# Patient apt, and third parties' repositories with their own signing keys. To be sourced.
# shellcheck shell=bash disable=SC2154
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/bootstrap-common.sh"

# apt waits for dpkg's locks alone: of its own (lists, archives) it fails at once, and `patiently` waits.
apt() {
  local limit=()
  # What only downloads can hang without harm, and be stopped.
  if [[ $1 == update ]]; then limit=(timeout --kill-after=10 300); fi
  "${limit[@]}" apt-get -o DPkg::Lock::Timeout=10 \
    -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 -qq "$@"
}

# Both in one try: apt-get update ends well even when it got no list, and badly for a list that may not be needed.
update_and_install() {
  apt update || true
  # What a power cycle cut short while it was unpacked, apt leaves as it is unless it is named.
  broken=$(dpkg-query --show --showformat='${db:Status-Eflag} ${Package}\n' 2>/dev/null | sed -n 's/^reinstreq //p')
  # shellcheck disable=SC2086
  if [[ -n $broken ]]; then apt install --yes --reinstall $broken || return 1; fi
  apt install --yes --no-install-recommends --fix-broken "$@"
}

install_packages() { patiently "apt-get install $*" update_and_install "$@"; }

# What a power cycle, a full disk or a mirror out of step may have left.
mend() {
  if grep -q 'dpkg --configure -a' "$said"; then dpkg --configure -a; fi
  # dpkg unpacks one at a time: it is the one that no mirror has any more.
  # shellcheck disable=SC2086
  if grep -q 'needs to be reinstalled, but' "$said"; then dpkg --remove --force-remove-reinstreq ${broken-}; fi
  if grep -q -E 'could not be parsed|Hash Sum mismatch|unexpected size' "$said"; then
    find /var/lib/apt/lists -type f ! -name lock -delete
  fi
  if grep -q 'space' "$said"; then apt-get clean; fi
}

# add_repository NAME KEY-URL FINGERPRINT URL SUITE [COMPONENT]: packages from there are taken only with that one key's signature. A key
# that the machine has already, of a mirror for instance, is its owner's choice.
add_repository() {
  local name=$1 key=/etc/apt/keyrings/$1.asc new=$run/key key_url=$2 wanted=$3 got
  shift 3
  if [[ ! -e /etc/ssl/certs/ca-certificates.crt ]]; then install_packages ca-certificates; fi
  if [[ ! -e $key ]]; then
    if ! type curl gpg >/dev/null; then install_packages curl gpg; fi
    mkdir -p /etc/apt/keyrings
    patiently "the signing key of $name" curl -fsSL --connect-timeout 15 --max-time 60 -o "$new" "$key_url"
    got=$(GNUPGHOME=$run gpg --show-keys --with-colons "$new" | sed -n '/^pub/{n;s/[a-z:]//gp}' || true)
    if [[ $got != "$wanted" ]]; then give_up 78 "the signing key of $name is ${got:-none}, not $wanted"; fi
    mv "$new" "$key"
  fi
  echo "deb [signed-by=$key] $*" >"/etc/apt/sources.list.d/$name.list"
}
