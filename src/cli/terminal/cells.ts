import stringWidth from "string-width";

const ELLIPSIS = "…";
const graphemes = new Intl.Segmenter();
/** What {@link paintFor} adds: it has no width, and a cut must not go through it. */
// oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
const COLOUR = /\u{1B}\[[\d;]*m/gu;

/** The width of a text on a terminal, in cells: `日本語` has 6. */
export function cells(text: string): number {
  return stringWidth(text);
}

/** The beginning of a text that fits into so many cells, with `…` where something is missing. Colours stay and end. */
export function cut(text: string, columns: number): string {
  if (cells(text) <= columns) return text;
  if (columns < 1) return "";
  let [shown, width] = ["", 0];
  let isFull = false;
  for (const part of partsOf(text)) {
    if (part.isColour) shown += part.text;
    else if (!isFull) {
      for (const { segment } of graphemes.segment(part.text)) {
        const wide = cells(segment);
        isFull = width + wide > columns - 1;
        if (isFull) break;
        shown += segment;
        width += wide;
      }
      if (isFull) shown += ELLIPSIS;
    }
  }
  return shown;
}

/** A text with blanks on its right, or on its left, up to so many cells. */
export function padded(text: string, columns: number, side: "left" | "right" = "right"): string {
  const blanks = " ".repeat(Math.max(0, columns - cells(text)));
  return side === "right" ? `${text}${blanks}` : `${blanks}${text}`;
}

function partsOf(text: string): readonly { readonly text: string; readonly isColour: boolean }[] {
  const parts: { readonly text: string; readonly isColour: boolean }[] = [];
  let from = 0;
  for (const { index, 0: colour } of text.matchAll(COLOUR)) {
    parts.push({ text: text.slice(from, index), isColour: false }, { text: colour, isColour: true });
    from = index + colour.length;
  }
  return [...parts, { text: text.slice(from), isColour: false }];
}
