import { cells, cut, padded } from "./cells.ts";
import { type Paint, type Style, plain } from "./paint.ts";

/** A column of a {@link table}. */
export interface Column<Row> {
  readonly title: string;
  /** Printable, on one line. */
  readonly text: (row: Row) => string;
  readonly style?: ((row: Row) => Style | undefined) | undefined;
  /** Default: left. */
  readonly align?: "left" | "right" | undefined;
  /** Cut before the others where the terminal is narrow. */
  readonly shrink?: boolean | undefined;
}

export interface TableOptions {
  /** The terminal's width in cells; undefined for a pipe, where nothing is cut. */
  readonly columns?: number | undefined;
  readonly paint?: Paint | undefined;
}

const GAP = "  ";
/** A column that is cut keeps this width: less says nothing. */
const NARROWEST = 6;

/** Rows under a header, aligned by cells, each no wider than the terminal. Empty without rows. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { columns: width, paint = plain }: TableOptions = {},
): string {
  if (rows.length === 0) return "";
  const texts = rows.map((row) => columns.map(({ text }) => text(row)));
  const wanted = columns.map(({ title }, at) => Math.max(cells(title), ...texts.map((row) => cells(row[at] ?? ""))));
  const widths = width === undefined ? wanted : fitted(wanted, columns, width);
  const line = (fields: readonly string[], styles: readonly (Style | undefined)[]): string => {
    const shown = fields.map((field, at) => {
      const [columnWidth = 0, side] = [widths[at], columns[at]?.align === "right" ? "left" : "right"] as const;
      const text = cut(field, columnWidth);
      return padded(text, columnWidth, side).replace(text, () => paint(styles[at], text));
    });
    const whole = shown.join(GAP).trimEnd();
    return width === undefined ? whole : cut(whole, width);
  };
  const header = line(
    columns.map(({ title }) => title),
    columns.map(() => "faint"),
  );
  return [
    header,
    ...texts.map((fields, nth) =>
      line(
        fields,
        columns.map(({ style }) => style?.(rows[nth] as Row)),
      ),
    ),
  ].join("\n");
}

/** The width of a stream's terminal in cells; undefined for a pipe or a file. */
export function widthOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number | undefined {
  return stream.isTTY === true && (stream.columns ?? 0) > 0 ? stream.columns : undefined;
}

/** Takes cells from the columns that may shrink, the widest first, then from any other. */
function fitted(
  wanted: readonly number[],
  columns: readonly Pick<Column<never>, "title" | "shrink">[],
  width: number,
): readonly number[] {
  const widths = [...wanted];
  const excess = (): number => widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1) - width;
  for (const may of [({ shrink = false }: { readonly shrink?: boolean | undefined }) => shrink, () => true]) {
    while (excess() > 0) {
      let widest: number | undefined;
      for (const [at, column] of columns.entries()) {
        const room = (widths[at] ?? 0) > Math.max(NARROWEST, cells(column.title));
        if (may(column) && room && (widest === undefined || (widths[at] ?? 0) > (widths[widest] ?? 0))) widest = at;
      }
      if (widest === undefined) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}
