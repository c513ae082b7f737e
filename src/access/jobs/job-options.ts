import { DaskFleetError } from "../../errors.ts";
import { printableName } from "../../text/printable.ts";

/** A file or folder to send under another path. */
export interface JobFileSource {
  /** On this computer; relative to `cwd`. */
  readonly path: string;
  /** In the job's folder, with `/` between names, such as `data/input.csv`. */
  readonly as: string;
}

/** A Python module, run as `python -m` does. */
export interface JobModule {
  /** Such as `pkg.train`; installed on the machine, or among `files`. */
  readonly module: string;
}

/** Options of `submit()`. */
export interface SubmitOptions {
  /** Arguments of the program. They are visible in `ps` on the machine: give secrets by `env`. Default: none. */
  readonly args?: readonly string[] | undefined;
  /**
   * Files and folders that the job needs, relative to `cwd` and below it; they have the same paths in the job's folder. `__pycache__`
   * and `.git` are left out. A script is always sent. At most 10,000 files, 1 GiB each, 2 GiB together. Default: none.
   */
  readonly files?: readonly (string | JobFileSource)[] | undefined;
  /** Environment variables, over those that Dask has on the machine. Not written to any disk. Default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * `scheduler`: on the scheduler's machine, with a lower priority than Dask. `worker`: beside the worker with the fewest jobs and the
   * least work; it ends with that worker. Default: `scheduler`.
   */
  readonly on?: "scheduler" | "worker" | undefined;
  /** Dask resources that the worker must have, such as `{ GPU: 1 }`. They are not reserved. Default: none. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** The folder of this computer that paths are relative to. Default: the working directory. */
  readonly cwd?: string | undefined;
  /**
   * Letters, digits, `.`, `_` and `-`, at most 64. Submitting the same job again under its id is the same job: also from another process.
   * Default: a random one.
   */
  readonly id?: string | undefined;
  /** Ends the submission when aborted: the call rejects with the signal's reason. A job that was submitted already goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole submission, files included. Default: 600,000. */
  readonly timeoutMs?: number | undefined;
}

// As in templates/agent/job_checks.py, which checks again.
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;
const MODULE = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*$/u;
/** Linux takes no longer argument or variable. */
const MOST_TEXT = 131_071;
const MOST_TEXTS = 1024 * 1024;

/** @throws DaskFleetError `CONFIG_INVALID`, without quoting an argument or a value: they may be secrets */
export function checkSubmission(program: string | JobModule, options: SubmitOptions): void {
  const { args = [], env = {}, on, resources = {}, id } = options;
  const module = typeof program === "string" ? undefined : program.module;
  if (typeof program === "string" ? program === "" : typeof module !== "string" || !MODULE.test(module)) {
    throw invalidJob("submit(): give the path of a script, or { module } with the name of a Python module.");
  }
  if (id !== undefined && !ID.test(id)) {
    throw invalidJob("id: it needs letters, digits, '.', '_' and '-', at most 64, and begins with a letter or digit.");
  }
  if (on !== undefined && on !== "scheduler" && on !== "worker") throw invalidJob('on: "scheduler" or "worker".');
  if (on !== "worker" && Object.keys(resources).length > 0) {
    throw invalidJob('resources: only a job with on: "worker" has a worker to choose.');
  }
  for (const [name, amount] of Object.entries(resources)) {
    if (typeof amount !== "number" || !Number.isFinite(amount) || amount < 0)
      throw invalidJob(`resources.${printableName(name)}: a number that is not negative.`);
  }
  let bytes = 0;
  for (const [index, text] of args.entries()) bytes += checkedBytes(`args[${index}]`, text);
  for (const [name, text] of Object.entries(env)) {
    if (name === "" || name.includes("=")) throw invalidJob("env: a variable's name is empty or holds '='.");
    bytes += checkedBytes(`env.${printableName(name)}`, text, name);
  }
  if (bytes > MOST_TEXTS) throw invalidJob("args and env have more than 1 MiB together. Send a file instead.");
}

function checkedBytes(what: string, text: unknown, name = ""): number {
  if (typeof text !== "string") throw invalidJob(`${what}: not a text.`);
  if (`${name}${text}`.includes("\0")) throw invalidJob(`${what}: holds a NUL character, which no process takes.`);
  if (!`${name}${text}`.isWellFormed()) throw invalidJob(`${what}: not valid Unicode.`);
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(text) + 2;
  if (bytes > MOST_TEXT) throw invalidJob(`${what}: longer than the ${MOST_TEXT} bytes that Linux takes.`);
  return bytes;
}

export function invalidJob(message: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", message, cause === undefined ? {} : { cause });
}
