import { isInBackground } from "../../process/foreground.ts";
import { writeToStderr } from "../../process/stderr.ts";
import type { Screen } from "./live-region.ts";

/** The size of a terminal that does not tell it. */
const [COLUMNS, ROWS] = [80, 24];

/** A terminal that may belong to others for a while. */
export interface OwnScreen extends Screen {
  /** Whether this process may draw: a shell that has put it into the background has the terminal. */
  readonly isOurs: () => boolean;
  /** Calls the listener when the size has changed, or when the process continues after Ctrl-Z. Returns a function that ends this. */
  readonly onChange: (listener: (change: "resized" | "continued") => void) => () => void;
}

/** Standard error, if rows can be drawn there again and again; undefined in a pipe, a file, and for `TERM=dumb`. */
export function stderrScreen(env: NodeJS.ProcessEnv = process.env): OwnScreen | undefined {
  const { stderr } = process;
  if (!stderr.isTTY || env["TERM"] === "dumb") return undefined;
  return {
    write: writeToStderr,
    get columns() {
      return stderr.columns > 0 ? stderr.columns : COLUMNS;
    },
    get rows() {
      return stderr.rows > 0 ? stderr.rows : ROWS;
    },
    isOurs: () => !isInBackground(),
    onChange: (listener) => {
      const [resized, continued] = [() => listener("resized"), () => listener("continued")];
      stderr.on("resize", resized);
      process.on("SIGCONT", continued);
      return () => {
        stderr.off("resize", resized);
        process.off("SIGCONT", continued);
      };
    },
  };
}
