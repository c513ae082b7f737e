/** Scripts that make a shell ask `dask-fleet completion --words` what may follow. A file's name is completed where nothing is known. */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_dask_fleet() {
  local IFS=$'\\n'
  COMPREPLY=($(dask-fleet completion --words "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ "\${COMPREPLY[0]}" == *[=.] ]] && compopt -o nospace
}
complete -o default -o nosort -F _dask_fleet dask-fleet`,
  zsh: `#compdef dask-fleet
_dask_fleet() {
  local -a found
  found=("\${(@f)$(dask-fleet completion --words "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then [[ "\${found[1]}" == *[=.] ]] && compadd -S '' -a found || compadd -a found; else _files; fi
}
compdef _dask_fleet dask-fleet`,
  fish: `function __dask_fleet
  set -l words (commandline --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
  dask-fleet completion --words $words[2..-1] 2>/dev/null
end
complete --command dask-fleet --arguments '(__dask_fleet)'`,
};
