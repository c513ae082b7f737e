/** Quotes a text as exactly one word for a POSIX shell. The only quoting function. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
