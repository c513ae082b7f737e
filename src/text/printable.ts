/**
 * Terminal commands: colours and cursor moves (CSI); titles, links and clipboard writes (OSC) and other strings, with their text; and
 * other escapes. Each class excludes its terminator, so matching is linear.
 */
const SEQUENCES =
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  /(?:\u{1B}\[|\u{9B})[0-?]*[ -/]*[@-~]|(?:\u{1B}[\]PX^_]|[\u{90}\u{98}\u{9D}-\u{9F}])\P{Cc}*(?:\u{7}|\u{1B}\\|\u{9C})|\u{1B}[ -/]*[0-~]/gu;
/** Controls, direction changes, invisible characters, other line ends, and halves of a character. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The longest sentence from outside. */
const LONGEST_SAID = 600;
/** The longest name; clouds' own are shorter. */
const LONGEST_NAME = 200;
/** The longest line of ours, with its quotations and with values that are useless when cut, such as an encoded message. */
const LONGEST_LINE = 12_000;
const MOST_LINES = 400;
const LAST_LINES = 100;
/** Longer text is not even read to its end. */
const LONGEST_READ = 100_000;

/**
 * Text from outside, such as a console's, a task's or a cloud's, made safe to show: colours and other sequences that a terminal
 * would obey are removed, any other control, invisible or direction-changing character is spelled out (`\u{7}`). Line feeds and
 * tabs stay; a carriage return becomes a line feed.
 */
export function printable(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(SEQUENCES, "")
    .replaceAll(UNPRINTABLE, (character) =>
      character === "\n" || character === "\t" ? character : spelledOut(character),
    );
}

/** Text from outside on one line of bounded length, for a sentence of ours that continues after it. */
export function printableLine(text: string, longest = LONGEST_SAID): string {
  return shortened(text, longest, (part) => printable(part).replaceAll(/\s+/g, " ").trim());
}

/** A name, an id or another value from outside, as one word: anything but plain characters is spelled out. */
export function printableName(text: string, longest = LONGEST_NAME): string {
  return shortened(text, longest, (part) => part.replaceAll(UNPRINTABLE, spelledOut));
}

/** Lines of ours with text from outside: each stays one line. Of too many, the first and last are shown. */
export function printableLines(lines: readonly string[]): string {
  const shown = lines.length <= MOST_LINES ? lines : withoutMiddle(lines);
  return shown.map((line) => shortened(line, LONGEST_LINE, onOneLine)).join("\n");
}

/** A text of ours, line feeds included: bounded, and without terminal controls. */
export function printableText(text: string): string {
  return printableLines(printable(text).trimEnd().split("\n"));
}

/** The same as a message on a terminal: lines after the first are indented, so none looks like another message. */
export function printableMessage(text: string): string {
  return printableText(text).replaceAll("\n", "\n  ");
}

/** JSON that a terminal may show: what {@link printable} would spell out is escaped, and a reader gets the same values back. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? "null";
  return text.replaceAll(UNPRINTABLE, (character) => (character === "\n" ? character : jsonEscaped(character)));
}

function jsonEscaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}

function onOneLine(line: string): string {
  return printable(line)
    .trimEnd()
    .replaceAll(/[\n\t]+ */g, " ");
}

function shortened(text: string, longest: number, made: (part: string) => string): string {
  return cutTo(made(text.slice(0, LONGEST_READ)), longest, Math.max(0, text.length - LONGEST_READ));
}

/** Cuts longer text and says how much is left out: `… (15,400 more characters)`. */
export function cutTo(text: string, longest: number, unread = 0): string {
  if (unread === 0 && text.length <= longest) return text;
  const part = text.slice(0, longest).replace(/(?:\p{Cs}|\\u\{[\da-f]*)$/u, "");
  const more = text.length - part.length + unread;
  return `${part}… (${more.toLocaleString("en-US")} more characters)`;
}

function withoutMiddle(lines: readonly string[]): readonly string[] {
  const first = lines.slice(0, MOST_LINES - LAST_LINES - 1);
  const left = lines.length - first.length - LAST_LINES;
  return [...first, `… (${left.toLocaleString("en-US")} more lines)`, ...lines.slice(-LAST_LINES)];
}

function spelledOut(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`;
}
