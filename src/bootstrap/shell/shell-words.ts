const BLANK = /[ \t\r\n]+/y;
const CONTINUED = /\\\n/y;
const SINGLE_QUOTED = /'(?<inner>[^']*)'/y;
const DOUBLE_QUOTED = /"(?<inner>(?:[^"\\$`]|\\[^])*)"/y;
const ESCAPED = /\\(?<inner>[^])/y;
const HOME = /~(?=[/ \t\r\n]|$)/y;
/** Patterns (`*`, `?`, `[…]`) stay as they are, as in a directory where no file fits. */
const PLAIN = /[^ \t\r\n'"\\$`;|&<>()]+/y;

/** Why a text is more than words: it ends the sentence "a text cannot have …". */
export class NotPlainWords extends Error {}

/**
 * The words of a text as a POSIX shell splits it, quotes and backslashes taken away. Nothing is expanded or run, but for a `~` that
 * begins a word, where `home` is given.
 *
 * @throws NotPlainWords where a shell would do more than split, or not understand the text
 */
export function shellWords(text: string, { home }: { readonly home?: string | undefined } = {}): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    if (next(CONTINUED) !== undefined) continue;
    if (next(BLANK) !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (word === undefined && home !== undefined && next(HOME) !== undefined) {
      word = home;
      continue;
    }
    if (word === undefined && /[~#]/u.test(text[at] ?? "")) throw new NotPlainWords(`an unquoted "${text[at]}"`);
    const part =
      next(SINGLE_QUOTED)?.groups?.["inner"] ??
      next(DOUBLE_QUOTED)?.groups?.["inner"]?.replaceAll(/\\(?<char>[$`"\\])|\\\n/gu, "$<char>") ??
      next(ESCAPED)?.groups?.["inner"] ??
      next(PLAIN)?.[0];
    if (part === undefined) throw new NotPlainWords(reason(text.slice(at)));
    word = (word ?? "") + part;
  }
  return word === undefined ? words : [...words, word];
}

function reason(rest: string): string {
  const [char = ""] = rest;
  if (char === "\\") return "a backslash at its end";
  if (char === "'" || (char === '"' && !/^"(?:[^"\\]|\\[^])*"/u.test(rest))) return "a quote that is not closed";
  const special = char === '"' ? (/(?<!\\)(?:\\\\)*([$`])/u.exec(rest)?.[1] ?? "$") : char;
  return special === "`" ? "a backquote" : `an unquoted "${special}"`;
}
