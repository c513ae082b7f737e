import { styleText } from "node:util";

/** What a text means. The colours belong to the meaning. */
export type Style = "good" | "bad" | "warning" | "busy" | "faint" | "strong";

/** Colours a text, where the stream takes colours. */
export type Paint = (style: Style | undefined, text: string) => string;

const COLOURS = {
  good: "green",
  bad: "red",
  warning: "yellow",
  busy: "cyan",
  faint: "dim",
  strong: "bold",
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

const STATES: Readonly<Record<string, Style>> = {
  running: "good",
  ready: "good",
  joined: "good",
  starting: "busy",
  booting: "busy",
  pending: "busy",
  closing: "busy",
  failed: "bad",
  lost: "bad",
  expired: "bad",
  stopped: "warning",
  unattended: "warning",
  "powered-off": "warning",
  "left-over": "warning",
  closed: "faint",
};

/** Colours for a stream: `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb` and a pipe decide, as node:util has it. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (style, text) => (style === undefined || text === "" ? text : styleText(COLOURS[style], text, { stream }));
}

/** No colours. */
export const plain: Paint = (_, text) => text;

/** The style of a state of a cluster or a machine; undefined for an unknown one. */
export function stateStyle(state: string): Style | undefined {
  return Object.hasOwn(STATES, state) ? STATES[state] : undefined;
}
