#!/bin/bash
# Runs a command, and hears its last words. Sourced by start-node.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

# What may pass by itself: the network, a registry, Docker's daemon, a peer.
transient='[Tt]im(e|ed)[ -]?out|TimeoutError|refused|reset by|[Uu]nreachable|[Cc]losed|EOF|[Hh]andshake|[Cc]ertificate|SSL|TLS'
transient="$transient|[Tt]emporar|no such host|name resolution|[Nn]ame or service|[Cc]onnect|[Nn]o route|[Bb]roken pipe"
transient="$transient|toomanyrequests|[Tt]oo many requests|rate limit|HTTP status:? (429|5..)|[Uu]navailable|[Cc]ontext cancell?ed"
transient="$transient|daemon running|during connect|already in use by container|already in progress|try again"
# Said by docker, by click, by the kernel, by Python; a traceback's last line.
error_line='^(docker|Error|error|exec|[^ ]*python[0-9.]*): |^exec '
error_line="$error_line"'|^([A-Za-z_][A-Za-z0-9_]*\.)*[A-Z][A-Za-z0-9_]*(Error|Exception|Exit|Timeout)(: |$)'
wrapping_line='^RuntimeError: .*failed to start'
empty_line="^[[:space:]]|^See '|^Run '|^Try '|^Usage:|^For more help"

# Runs "$@" (a function, or a command) in the background as $child. Its standard error goes where ours goes, byte by byte, and its
# end is kept for `find_reason`: tee and tail copy blocks, hold no more than this, and are not told to stop before it has ended.
start_child() {
  rm -f "$run/words"
  now
  started=$up
  exec 3> >(
    trap '' INT TERM HUP
    umask 077
    exec tee >(
      tail -c 16384 >"$run/words.part" 2>/dev/null
      mv "$run/words.part" "$run/words" 2>/dev/null
    ) >&2
  )
  "$@" 2>&3 3>&- &
  child=$!
  exec 3>&-
}

# Waits until all that the command said has gone on, so that what we say comes after it; but not for a process that it has left
# behind, which still holds its standard error.
hear_out() {
  local naps=0
  while [[ ! -e $run/words ]] && ((++naps <= 40)); do sleep 0.05; done
}

# The line of the last words that says why, in $reason. $is_error says whether it is more than just the last line.
find_reason() {
  local line last=''
  reason='' is_error=''
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    line=${line##*$'\r'}
    if [[ -z $line || $line =~ $empty_line ]]; then continue; fi
    last=$line
    # Dask wraps its reason in one of its own.
    if [[ $line =~ $error_line && ! (-n $reason && $line =~ $wrapping_line) ]]; then reason=$line is_error=1; fi
  done 2>/dev/null <"$run/words"
  reason=${reason:-$last}
  reason=${reason//[^[:print:]]/?}
  # Both ends count: who says it, and what.
  if ((${#reason} > 240)); then reason="${reason:0:80} ... ${reason:$((${#reason} - 150))}"; fi
}
