#!/bin/bash
# What Dask is given, and its run. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# An environment variable for Dask; into a container it goes by name, so that no value is ever an argument.
give() {
  export "$1=$2"
  given+=("$1")
}

# As Dask wants an address to listen on: `::`, all addresses of both kinds, is nothing at all there; brackets alone would be IPv6 only.
dask_host() {
  case $host in
    ::) listen='' ;;
    *:*) listen="[$host]" ;;
    *) listen=$host ;;
  esac
}

# Where the TLS files of Dask's user are, is in $lent: another one than root has copies of its own, that nobody else can read.
lend_tls() {
  lent=$material
  if [[ $DASK_FLEET_TLS != 1 || $uid == 0 || $EUID != 0 ]]; then return; fi
  lent=$run/tls
  rm -rf "$lent"
  (umask 077 && mkdir -p "$lent" && cp "$material"/*.pem "$lent" && chmod 0400 "$lent"/*.pem && chmod 0700 "$lent" &&
    chown -R "$uid" "$lent") || fail 1 "the TLS files could not be copied for user $uid"
}

exec_dask() {
  # Positional parameters, because no variable of the user's can take their place. bash exports no array, so none may be left.
  set -- "${command[@]}" -m "$@"
  unset given command files preload bound taken gpus memory
  # shellcheck source=/dev/null
  . "$environment"
  exec "$@"
}

# Dask's status, once it has ended, is in $code. The arguments follow `python -m`.
run_dask() {
  dask_command
  say "starting the $DASK_FLEET_ROLE"
  start_child exec_dask "$@"
  await_child
  hear_out
  judge
}

# Where Dask finds its certificate.
give_tls() {
  local owner upper=SCHEDULER
  if [[ $DASK_FLEET_TLS != 1 ]]; then return; fi
  if [[ $DASK_FLEET_ROLE == worker ]]; then upper=WORKER; fi
  give DASK_DISTRIBUTED__COMM__TLS__CA_FILE "$tls/ca.pem"
  # The client's keys too: a task that asks for a client (get_client) dials with them.
  for owner in $upper CLIENT; do
    give "DASK_DISTRIBUTED__COMM__TLS__${owner}__CERT" "$tls/cert.pem"
    give "DASK_DISTRIBUTED__COMM__TLS__${owner}__KEY" "$tls/key.pem"
  done
}
