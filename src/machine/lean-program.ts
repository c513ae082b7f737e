/**
 * A program of `templates/` as a machine gets it: without the lines that are only a comment, which are a quarter of what user data
 * may hold, and without what else only a reader needs, empty lines and a shell script's indentation. A first line that says
 * what runs it stays.
 */
export function leanProgram(name: string, text: string): string {
  const lean = text
    .split("\n")
    .filter((line) => line.startsWith("#!") || !/^\s*(?:#.*)?$/u.test(line))
    .map((line) => (name.endsWith(".sh") ? line.trimStart() : line));
  return `${lean.join("\n")}\n`;
}
