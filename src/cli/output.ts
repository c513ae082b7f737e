import { DaskFleetError, messageOf } from "../errors.ts";
import type { ClusterManager } from "../index.ts";
import { lineOnStderr, tellOnStderr, tellThrough } from "../process/stderr.ts";
import { printable, printableJson } from "../text/printable.ts";
import type { Look, Terminal } from "./terminal/for-commands.ts";
import type { Follower } from "./terminal/progress/follower.ts";

/** The reader of a pipe has ended, as with `| head`: not an error. */
const NO_READER = new Set(["EPIPE", "ECONNRESET"]);

let isOutliving = false;

/** Keeps a command running when its terminal or pipe is closed. Output that is lost for another reason makes it fail. */
export function outliveOutput(): void {
  if (isOutliving) return;
  isOutliving = true;
  const { stdout, stderr } = process;
  let isTold = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    const { code = "" } = error;
    if (NO_READER.has(code) || (code === "EIO" && stdout.isTTY)) return;
    if (!isTold) complain(`standard output: ${error.message}`);
    isTold = true;
    process.exitCode = 1;
  });
  stderr.on("error", () => undefined);
}

/** A command's result, on standard output. A row of names has been made of printable names. */
export function say(text: string): void {
  write(printable(text));
}

function write(text: string): void {
  process.stdout.write(text === "" ? "" : `${text}\n`);
}

/** Everything else, on standard error. */
export function complain(text: string): void {
  tellOnStderr(text);
}

/** A result for people, and the same for programs. */
export interface Result {
  /** A function's words are printable, and it may cut and colour them. */
  readonly text: string | ((look: Look) => string);
  readonly data: unknown;
}

/** Where a command's words go. */
export interface Output {
  /** `--json`: the result is one JSON document. */
  readonly json: boolean;
  /** `--quiet`: results, warnings and errors only. */
  readonly quiet: boolean;
  /** `--log json`: everything else is a JSON document a line. */
  readonly log: "text" | "json";
  /** The command's result, on standard output. */
  result(result: Result): void;
  /** A line of a result that goes on, on standard output. With `--json` each line is a document. */
  line(line: { readonly text: string; readonly data: unknown }): void;
  /** A message about what goes on, on standard error. */
  note(text: string): void;
  warn(text: string): void;
  /** An error that ends the command. */
  fail(error: unknown): void;
  /** Reports a cluster's progress on standard error. */
  follow(cluster: ClusterManager): Follower;
  /** Does some work that has the terminal, such as a command that is run: meanwhile nothing is drawn. */
  lent<Result>(work: () => Promise<Result>): Promise<Result>;
  /** The commands that come next. */
  next(lines: readonly (readonly [command: string, what: string])[]): void;
}

/** The choices of `--json`, `--quiet` and `--log`. */
export type OutputChoices = Pick<Output, "json" | "quiet" | "log">;

/** @param terminal for commands that use {@link Output.follow} or the look of a result */
export function outputOf(choices: OutputChoices, terminal?: Terminal): Output {
  const { json, quiet, log } = choices;
  const event = (fields: Readonly<Record<string, unknown>>): void =>
    lineOnStderr(printableJson({ time: new Date().toISOString(), ...fields }));
  const followers: Follower[] = [];
  // What the library says by itself is an event, too.
  if (log === "json")
    tellThrough((message) => event({ type: "message", message: message.replace(/^dask-fleet: /u, "") }));
  const tell = (type: string, text: string): void => (log === "json" ? event({ type, message: text }) : complain(text));
  return {
    ...choices,
    result: ({ text, data }) => (json ? say(printableJson(data, 2)) : show(text, terminal)),
    line: ({ text, data }) => void process.stdout.write(`${json ? printableJson(data) : printable(text)}\n`),
    note: (text) => {
      if (!quiet) tell("note", text);
    },
    warn: (text) => tell("warning", log === "json" ? text : `warning: ${text}`),
    fail: (error) => {
      const message = messageOf(error);
      const code = error instanceof DaskFleetError ? error.code : undefined;
      if (json) say(printableJson({ error: { code, message } }, 2));
      if (log === "json") event({ type: "error", code, message });
      else complain(message);
    },
    follow: (cluster) => {
      const follower = loaded(terminal).followed(cluster, { quiet, event: log === "json" ? event : undefined });
      followers.push(follower);
      return follower;
    },
    lent: async (work) => await followers.reduceRight((inner, each) => () => each.lent(inner), work)(),
    next: (lines) => {
      if (quiet || log === "json" || lines.length === 0) return;
      const widest = Math.max(...lines.map(([command]) => command.length));
      complain(["What comes next:", ...lines.map(([line, what]) => `${line.padEnd(widest)}  # ${what}`)].join("\n"));
    },
  };
}

function show(text: Result["text"], terminal: Terminal | undefined): void {
  if (typeof text === "string") say(text);
  else write(text(loaded(terminal).lookOf(process.stdout)));
}

function loaded(terminal: Terminal | undefined): Terminal {
  if (terminal === undefined) throw new Error("Commands have the terminal");
  return terminal;
}
