/**
 * A program of `templates/` as a machine gets it: without the lines that are only a comment, which are a quarter of what user data
 * may hold. The first line stays, which says what runs it.
 */
export function leanProgram(text: string): string {
  return text
    .split("\n")
    .filter((line, index) => index === 0 || !/^\s*#/u.test(line))
    .join("\n");
}
