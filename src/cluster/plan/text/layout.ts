import { printableLine } from "../../../text/printable.ts";

/** A line of a plan: what, and its value; the items of a list are not torn apart. */
export type Row = readonly [what: string, value: string | readonly string[]];

/** Rows below a heading. */
export interface Section {
  readonly heading: string;
  /** Beside the heading. */
  readonly value?: string;
  readonly rows: readonly Row[];
}

const WIDTH = 100;
const INDENT = "  ";
const LONGEST_LABEL = 30;
/** Values of options and of a cloud: a link, an image, a list of ranges. */
const LONGEST_VALUE = 2000;

/** Sections with all values in one column, wrapped to 100 columns; a longer word is not cut. Sections without rows are left out. */
export function layout(sections: readonly Section[]): readonly string[] {
  const shown = sections.filter(({ rows }) => rows.length > 0);
  const labels = shown.flatMap(({ heading, rows }) => [heading, ...rows.map(([what]) => INDENT + what)]);
  const column = Math.min(LONGEST_LABEL, Math.max(...labels.map(({ length }) => length))) + 2;
  return shown.flatMap(({ heading, value = "", rows }) => [
    "",
    ...line(heading, value, column),
    ...rows.flatMap(([what, said]) => line(INDENT + what, said, column)),
  ]);
}

function line(label: string, value: Row[1], column: number): readonly string[] {
  const words = typeof value === "string" ? printableLine(value, LONGEST_VALUE).split(" ") : asWords(value);
  const [first = "", ...rest] = wrapped(words, WIDTH - column);
  return [
    `${`${printableLabel(label)} `.padEnd(column)}${first}`.trimEnd(),
    ...rest.map((more) => " ".repeat(column) + more),
  ];
}

function printableLabel(label: string): string {
  const name = printableLine(label);
  return label.startsWith(INDENT) ? INDENT + name : name;
}

function asWords(items: readonly string[]): readonly string[] {
  const shown = items.map((item) => printableLine(item, LONGEST_VALUE));
  return shown.map((item, nth) => (nth < shown.length - 1 ? `${item},` : item));
}

function wrapped(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
