#!/bin/bash
# Whether another try could end in another way. Sourced by start-node.sh, with node-tries.sh; bash 3.2 will do.
# shellcheck disable=SC2034,SC2154  # the variables are start-node.sh's

nothing_to_run='exec format error|executable file not found'
# runpy's own words; those of an import may be an old line of a task's.
no_module='^[^ ]*: (No module named |Error while finding module specification for )'
installs=' EXTRA_[A-Z]+_PACKAGES '
likeness='' same=0

# Whether every other try would bring the same reason.
is_for_good() {
  if [[ $reason =~ $nothing_to_run ]]; then return 0; fi
  # An entrypoint that installs packages may have failed for once.
  [[ $reason =~ $no_module && ! $reason =~ ^[A-Za-z_.]+Error: && ! " ${DASK_FLEET_ENV_NAMES[*]-} " =~ $installs ]]
}

# After a try that ended with $code: ends here when the next would end in the same way. What may be anything is believed to be of
# that kind when it has come three times, each time soon after the start.
judge() {
  local like options=''
  reason=''
  if [[ -n $stopped$expired ]]; then return; fi
  now
  if [[ $code == 0 ]]; then
    if [[ $DASK_FLEET_RUNTIME == docker ]]; then judge_silence; fi
    return
  fi
  find_reason
  if [[ $code == 2 || $code == 126 || $code == 127 ]] || is_for_good; then
    # With preloads Dask says that an option is wrong, but not which.
    if [[ $code == 2 ]]; then options=${DASK_FLEET_ARGS[*]-}; fi
    fail 78 "Dask cannot run (status $code)${reason:+: $reason}${options:+, with: $options}"
  fi
  like=${reason//[0-9]/}
  if [[ $like != "$likeness" ]]; then same=0; fi
  likeness=$like
  # 125 is docker's own: it could not start the container.
  if [[ ! $reason =~ $transient && (-n $is_error || $code == 125) ]] && ((code <= 128 && up - started <= 60)); then
    if ((++same == 3)); then fail 78 "the $DASK_FLEET_ROLE cannot run, three tries ended alike (status $code): $reason"; fi
  else
    same=0
  fi
}
