const MOST_ROOTS = 3;
/** The longest text of one error, which may have several lines. */
const MOST_LINES = 4;

const TRACEBACK = /^Traceback \(most recent call last\):$/u;
/** Separates the tracebacks of one chain: the earlier one caused the later one. */
const LINK = /^(?:The above exception was the direct cause of|During handling of the above exception)/u;
/** The prefix of kernel and journal lines on a console. */
const JOURNAL = /^(?:\[\s*\d+\.\d+\] )?(?:[\w.@-]+\[\d+\]:(?: |$))?/u;

/**
 * The first errors of Python's chained tracebacks, such as `OSError: [Errno 98] Address already in use`: each once, of the newest three
 * chains. The last lines of a chain show only the consequence.
 *
 * @param before the lines of a log
 * @param after the lines that follow them and are shown anyway
 */
export function rootErrors(before: readonly string[], after: readonly string[]): readonly string[] {
  const lines = [...before, ...after].map((line) => line.replace(JOURNAL, ""));
  const shown = new Set(lines.slice(before.length));
  const roots = new Map<string, readonly string[]>();
  let linked = false;
  for (const [index, line] of lines.entries()) {
    if (LINK.test(line)) linked = true;
    if (!TRACEBACK.test(line)) continue;
    const error = linked ? [] : errorAfter(lines, index + 1);
    const key = error.join("\n");
    linked = false;
    roots.delete(key);
    if (!shown.has(error[0] ?? "")) roots.set(key, error);
  }
  roots.delete("");
  return [...roots.values()].slice(-MOST_ROOTS).flat();
}

/** The lines that name an error: the first behind the traceback's frames, which are all indented; all of them in a chain. */
function errorAfter(lines: readonly string[], from: number): readonly string[] {
  const first = lines.findIndex((line, index) => index >= from && !/^\s/u.test(line));
  if (first === -1) return [];
  const end = lines.findIndex((line, index) => index > first && line.trim() === "");
  const isChained = end !== -1 && LINK.test(lines[end + 1] ?? "");
  return lines.slice(first, isChained ? Math.min(end, first + MOST_LINES) : first + 1);
}
