/** The last lines of a log, to be put behind an error's message; empty for an empty log. */
export function tail(log: string, lines = 20): string {
  const last = log.trimEnd().split("\n").slice(-lines).join("\n");
  return last === "" ? "" : `\nIts last words:\n${last.replaceAll(/^/gmu, "  | ")}`;
}
