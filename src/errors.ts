import { inspect, type InspectOptions } from "node:util";

import { cutTo, printable, printableLine, printableLines, printableText } from "./text/printable.ts";

/**
 * Every code a {@link DaskFleetError} can carry. Codes are stable: match on `error.code`, not on the message.
 *
 * - `CONFIG_INVALID`: an option, an argument or a configuration file is invalid, or asks for something that the cloud cannot do.
 * - `SECURITY_INVALID`: certificates, keys or TLS settings that a Dask peer would refuse.
 * - `AUTHORITY_MISSING`: new machines would need certificates, and this process does not have the CA's key that signs them.
 * - `USER_DATA_TOO_LARGE`: a machine's user data exceeds the cloud's limit.
 * - `SDK_MISSING`: the cloud's SDK is not installed.
 * - `AUTH_FAILED`: credentials are missing, rejected by the cloud, or lack a permission.
 * - `QUOTA_EXCEEDED`: a quota of the account is used up.
 * - `CAPACITY_UNAVAILABLE`: the cloud has no capacity for these machines right now.
 * - `MACHINE_CREATE_FAILED`: requested machines did not come up.
 * - `PROVIDER_FAILED`: another call of the cloud's API failed.
 * - `PYTHON_UNSUITABLE`: no Python on this computer can run Dask.
 * - `START_FAILED`: a machine exists, but Dask did not start on it.
 * - `TIMEOUT`: the time for this step is up.
 * - `SCHEDULER_UNREACHABLE`: no connection to the scheduler.
 * - `SCHEDULER_REFUSED`: the scheduler rejects our certificate, or has a wrong one.
 * - `PROTOCOL_VIOLATION`: an answer violates Dask's protocol.
 * - `REMOTE_ERROR`: the scheduler answered with an exception.
 * - `CLUSTER_NOT_FOUND`: no cluster has that name or id.
 * - `STATE_UNTRUSTED`: a state file or directory of dask-fleet on this computer belongs to another user, is open to others, a link, or
 *   of a wrong type. It was not read, and nothing was ended or removed because of it.
 * - `STATE_UNWRITABLE`: a state file or directory cannot be written: the disk is full, a quota is used up, the file system is read-only.
 * - `COMMAND_FAILED`: a command of `run()` failed.
 * - `JOB_FAILED`: a job was refused, could not be started, lost its machine, or wrote an unusable result.
 * - `JOB_NOT_FOUND`: the scheduler knows no such job (any more).
 * - `CALL_FAILED`: a Python function of `call()` or `map()` failed, or cannot be called.
 * - `WRONG_STATE`: the call does not fit the cluster's state.
 * - `CLOSED`: the cluster, or the connection to it, was closed.
 * - `TEARDOWN_INCOMPLETE`: something could not be removed and may still cost money.
 */
export type ErrorCode =
  | "CONFIG_INVALID"
  | "SECURITY_INVALID"
  | "AUTHORITY_MISSING"
  | "USER_DATA_TOO_LARGE"
  | "SDK_MISSING"
  | "AUTH_FAILED"
  | "QUOTA_EXCEEDED"
  | "CAPACITY_UNAVAILABLE"
  | "MACHINE_CREATE_FAILED"
  | "PROVIDER_FAILED"
  | "PYTHON_UNSUITABLE"
  | "START_FAILED"
  | "TIMEOUT"
  | "SCHEDULER_UNREACHABLE"
  | "SCHEDULER_REFUSED"
  | "PROTOCOL_VIOLATION"
  | "REMOTE_ERROR"
  | "CLUSTER_NOT_FOUND"
  | "STATE_UNTRUSTED"
  | "STATE_UNWRITABLE"
  | "COMMAND_FAILED"
  | "JOB_FAILED"
  | "JOB_NOT_FOUND"
  | "CALL_FAILED"
  | "WRONG_STATE"
  | "CLOSED"
  | "TEARDOWN_INCOMPLETE";

/**
 * What a failure means for the next try. A provider assigns one to each refusal of its cloud; other errors get theirs from the code.
 *
 * - `transient`: a server error, a lost connection or a refusal that ends by itself. Try again later.
 * - `throttled`: too many calls. Try again later, more slowly.
 * - `capacity`: the cloud has no such machine right now. Another zone or capacity type may have one, or the same one later.
 * - `quota`: a limit of the account is used up. It passes when other machines go or the limit is raised.
 * - `policy`: a policy of the organisation forbids it. Other options, or an administrator, help.
 * - `permission`: the credentials are accepted, but lack a permission.
 * - `credentials`: missing, or rejected by the cloud.
 * - `configuration`: the options ask for something that the cloud cannot do.
 * - `gone`: the resource does not exist (any more).
 * - `unknown`: not classified.
 */
export type Meaning =
  | "transient"
  | "throttled"
  | "capacity"
  | "quota"
  | "policy"
  | "permission"
  | "credentials"
  | "configuration"
  | "gone"
  | "unknown";

const MEANINGS: Partial<Readonly<Record<ErrorCode, Meaning>>> = {
  CONFIG_INVALID: "configuration",
  SECURITY_INVALID: "configuration",
  AUTHORITY_MISSING: "configuration",
  USER_DATA_TOO_LARGE: "configuration",
  STATE_UNTRUSTED: "configuration",
  STATE_UNWRITABLE: "configuration",
  SDK_MISSING: "configuration",
  PYTHON_UNSUITABLE: "configuration",
  AUTH_FAILED: "credentials",
  QUOTA_EXCEEDED: "quota",
  CAPACITY_UNAVAILABLE: "capacity",
  TIMEOUT: "transient",
  SCHEDULER_UNREACHABLE: "transient",
};

/** Errors under inspection: a chain of causes may contain a circle. */
const inspected = new Set<unknown>();
/** Causes shown of a chain. */
const DEEPEST = 8;
/** Lines shown of a cause, and the length of each. */
const MOST_SHOWN = 100;
const LONGEST_SHOWN = 1000;

/**
 * The root of all errors that dask-fleet throws on purpose. An abort rethrows the signal's reason instead, unless something is left
 * that may cost money: then the error names it, with the reason as `cause`.
 *
 * Message and stack are printable, even with text from a cloud, a machine, a task or a file, and so is the output of `console.error` and
 * `util.inspect`, causes included. A foreign `cause` is kept unchanged: print its message with `printable` only.
 */
export class DaskFleetError extends Error {
  /** The name of its class. */
  override readonly name: string = "DaskFleetError";
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** The meaning for the next try. */
  readonly meaning: Meaning;

  /**
   * @param code what went wrong
   * @param message one line, or an array of lines: text from outside cannot add a line of its own
   * @param more what else is known
   * @param more.meaning what it means for the next try. Default: as `code` says
   * @param more.cause what was thrown first. Default: none
   */
  constructor(
    code: ErrorCode,
    message: string | readonly string[],
    { meaning, cause }: { readonly cause?: unknown; readonly meaning?: Meaning | undefined } = {},
  ) {
    super(printableLines([message].flat()), cause === undefined ? {} : { cause });
    this.code = code;
    this.meaning = meaning ?? MEANINGS[code] ?? "unknown";
    // Node prints an uncaught error with its cause; a getter it only names.
    if (!isPrintable(cause)) Object.defineProperty(this, "cause", { get: () => cause });
  }

  /** The output of `console.error` and `util.inspect`: printable, causes included. */
  [inspect.custom](depth: number | null, options: InspectOptions): string {
    if (inspected.has(this)) return "[Circular]";
    if (depth !== null && depth < 0) return `[${this.name}: ${linesOf(this)[0]}]`;
    inspected.add(this);
    try {
      const { name: _name, ...fields } = this;
      const how = { ...options, depth, colors: false, maxStringLength: LONGEST_SHOWN };
      const shown = `${this.stack ?? String(this)} ${inspect(fields, how)}`;
      if (this.cause === undefined) return printableText(shown);
      const cause = printable(inspect(this.cause, { ...how, depth: depth === null ? null : depth - 1 }))
        .split("\n", MOST_SHOWN)
        .map((line) => `    | ${cutTo(line, LONGEST_SHOWN)}`);
      return printableText([shown, "  [cause]:", ...cause].join("\n"));
    } finally {
      inspected.delete(this);
    }
  }
}

/** Whether a thrown value holds neither terminal controls nor line ends of its own. */
function isPrintable(thrown: unknown, depth = 0): boolean {
  if (thrown instanceof DaskFleetError || thrown === undefined) return true;
  if (depth > DEEPEST) return false;
  if (typeof thrown === "string") return printableLines([thrown]) === thrown;
  if (!isError(thrown)) return typeof thrown !== "object" && typeof thrown !== "function";
  const { message, stack = "", cause, errors = [] } = thrown as Error & { readonly errors?: unknown };
  return (
    printableLines([message]) === message &&
    printable(stack) === stack &&
    [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])].every((each) => isPrintable(each, depth + 1))
  );
}

/** The meaning of any thrown value for the next try. */
export function meaningOf(error: unknown): Meaning {
  return error instanceof DaskFleetError ? error.meaning : "unknown";
}

/**
 * Whether a thrown value is an error of any realm: in Jest, and in any `vm` context, errors of Node.js are no instances of the local
 * `Error`.
 */
export function isError(error: unknown): error is Error {
  if (typeof error !== "object" || error === null) return false;
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  return typeof name === "string" && typeof message === "string" && "stack" in error;
}

/** The thrown value, or, when that is no error, an error with its text. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(messageOf(thrown));
}

/** The printable message of any thrown value; one line, unless it is an error of ours with several. */
export function messageOf(error: unknown): string {
  return error instanceof DaskFleetError ? error.message : printableLine(rawMessageOf(error));
}

/** The lines of an error of ours, or the single line of any other, for another error's message. */
export function linesOf(error: unknown): readonly [string, ...string[]] {
  const [first = "", ...others] = messageOf(error).split("\n");
  return [first, ...others];
}

/** The raw text of any thrown value: to search it, never to show it. */
export function rawMessageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
