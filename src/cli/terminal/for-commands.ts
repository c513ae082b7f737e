import { type Paint, paintFor } from "./paint.ts";
import { followed } from "./progress/followed.ts";
import { widthOf } from "./table.ts";

/** How text looks on a stream. */
export interface Look {
  /** The terminal's width in cells; undefined for a pipe or a file, where nothing is cut. */
  readonly columns: number | undefined;
  readonly paint: Paint;
}

/** How a command's result looks. */
function lookOf(stream: NodeJS.WriteStream): Look {
  return { columns: widthOf(stream), paint: paintFor(stream) };
}

/** What commands need of a terminal. Help does without, so that it is quick. */
export const terminal = { followed, lookOf };
export type Terminal = typeof terminal;
