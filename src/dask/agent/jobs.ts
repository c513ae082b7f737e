import { DaskFleetError } from "../../errors.ts";
import { printableLine } from "../../text/printable.ts";
import { violation } from "../dask-errors.ts";
import type { Field, FieldMap } from "../fields.ts";
import type { AgentComm, AgentLink, AskOptions } from "./link.ts";

/** Where a job runs. */
export type JobPlace = "scheduler" | "worker";

/**
 * How far a job is.
 *
 * - `starting`: its files are being laid out.
 * - `running`: its process runs.
 * - `ended`: it ended by itself or was cancelled; it has an exit code.
 * - `lost`: it could not be started, or what it ran beside is gone; it has a reason.
 */
export type JobState = "starting" | "running" | "ended" | "lost";

/** What the scheduler knows of a job. */
export interface JobStatus {
  /** Unique in its cluster. */
  readonly id: string;
  /** The script's path or the module's name. */
  readonly name: string;
  /** Where it was to run. */
  readonly on: JobPlace;
  /** The Dask name of its worker; undefined on the scheduler's machine. */
  readonly worker: string | undefined;
  /** How far it is. */
  readonly state: JobState;
  /** Its exit status; 128 + n when signal number n ended it. Undefined until it ended. */
  readonly exitCode: number | undefined;
  /** Why it is lost. */
  readonly reason: string | undefined;
  /** Whether somebody asked for its end while it ran. */
  readonly isCancelled: boolean;
  /** When it was submitted, by the scheduler's clock. */
  readonly createdAt: Date;
  /** When its process began, by the scheduler's clock. */
  readonly startedAt: Date | undefined;
  /** When it was over, by the scheduler's clock. */
  readonly endedAt: Date | undefined;
  /** Bytes of its output so far, dropped ones included. */
  readonly outputBytes: number;
}

/** A status with what only {@link JobOperations} needs. */
export interface JobReport extends JobStatus {
  /** Bytes of its result, if it wrote one. */
  readonly resultBytes: number | undefined;
  /** Why the result that it wrote cannot be used. */
  readonly resultProblem: string | undefined;
}

/** A file of a job, in the order of `templates/agent/job_checks.py`: path, SHA-256, bytes, whether it is executable. */
export type JobFile = readonly [path: string, sha256: string, size: number, executable: boolean];

/** What a job is, as it is sent. */
export interface JobSpec {
  readonly script?: string | undefined;
  readonly module?: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly JobFile[];
  readonly on: JobPlace;
  readonly resources: Readonly<Record<string, number>>;
}

/** Part of a file: SHA-256 and bytes of the whole file, where the part begins, its content. */
export type FilePiece = readonly [sha256: string, size: number, offset: number, content: Uint8Array];

/** A part of a job's output. */
export interface OutputPart {
  /** Later than asked for where output was dropped. */
  readonly start: number;
  readonly data: Uint8Array;
  /** Whether nothing follows. */
  readonly isOver: boolean;
  readonly report: JobReport;
}

/** The most bytes of files in one request, as `templates/agent/job_checks.py` says. */
export const MOST_PIECE_BYTES: number = 4 * 1024 * 1024;
/** For how long the scheduler holds a question about what is to come. */
const HOLD_SECONDS = 20;
/** Longer than it is held: a scheduler that is busy answers late. */
const ANSWER_TIMEOUT_MS = 60_000;
const HELD_TIMEOUT_MS = HOLD_SECONDS * 1000 + ANSWER_TIMEOUT_MS;

/** Asks once, with that time for the answer. */
export type JobAsk = AgentComm["ask"];

/** The agent's operations on jobs (`templates/agent/jobs.py`). All are safe to repeat. */
export const jobOperations = {
  /** The files, by SHA-256, that the scheduler does not have. */
  async missing(ask: JobAsk, hashes: readonly string[], options: AskOptions = {}): Promise<readonly string[]> {
    const answer = await ask({ op: "fleet_job_missing", hashes }, within(options));
    return texts(answer.map().get("missing"));
  },

  /** Sends parts of files. Returns for each the bytes that are there now; -1 if the whole has another SHA-256 and was dropped. */
  async put(ask: JobAsk, pieces: readonly FilePiece[], options: AskOptions = {}): Promise<readonly number[]> {
    const answer = (await ask({ op: "fleet_job_put", pieces }, within(options))).map();
    throwIfRefused(answer, "The files were refused");
    const have = answer
      .get("have")
      .list()
      .map((bytes) => bytes.number());
    if (have.length !== pieces.length) throw violation("The scheduler answered about other files than were sent");
    return have;
  },

  /** Submits a job. Returns the files that are missing instead, if any are. */
  async submit(
    ask: JobAsk,
    id: string,
    job: JobSpec,
    options: AskOptions = {},
  ): Promise<{ readonly report: JobReport } | { readonly missing: readonly string[] }> {
    const answer = (await ask({ op: "fleet_job_submit", id, job }, within(options))).map();
    throwIfRefused(answer, `The job ${id} was refused`);
    const missing = answer.optional("missing");
    return missing === undefined ? { report: parseJob(answer.get("job")) } : { missing: texts(missing) };
  },

  async list(link: AgentLink, options: AskOptions = {}): Promise<readonly JobReport[]> {
    const answer = await link.ask({ op: "fleet_job_list" }, options);
    return answer.map().get("jobs").list().map(parseJob);
  },

  /** The job as it is now. */
  async look(link: AgentLink, id: string, options: AskOptions = {}): Promise<JobReport> {
    return reportOf(id, await link.ask({ op: "fleet_job_wait", id, seconds: 0 }, options));
  },

  /** The job when it is over, or after some seconds. */
  async wait(ask: JobAsk, id: string, options: AskOptions = {}): Promise<JobReport> {
    return reportOf(
      id,
      await ask({ op: "fleet_job_wait", id, seconds: HOLD_SECONDS }, within(options, HELD_TIMEOUT_MS)),
    );
  },

  /**
   * The output from an offset on; none after some seconds without any.
   *
   * @param isHeld whether the scheduler waits for output that is not there yet
   */
  async follow(
    ask: JobAsk,
    { id, offset, isHeld }: { readonly id: string; readonly offset: number; readonly isHeld: boolean },
    options: AskOptions = {},
  ): Promise<OutputPart> {
    const request = { op: "fleet_job_follow", id, offset, seconds: isHeld ? HOLD_SECONDS : 0 };
    const answer = await ask(request, within(options, HELD_TIMEOUT_MS));
    const report = reportOf(id, answer);
    const [part, start] = [answer.map(), answer.map().get("start").number()];
    if (start < offset) throw violation("The scheduler sent output that was not asked for");
    return { start, data: part.get("data").bytes(), isOver: part.get("over").flag(), report };
  },

  /** Part of the result; empty at its end. */
  async result(ask: JobAsk, id: string, offset: number, options: AskOptions = {}): Promise<Uint8Array> {
    const answer = await ask({ op: "fleet_job_result", id, offset }, within(options));
    reportOf(id, answer);
    return answer.map().get("data").bytes();
  },

  /** Asks for a job's end: SIGTERM, and SIGKILL after the grace. */
  async cancel(link: AgentLink, id: string, graceMs: number, options: AskOptions = {}): Promise<JobReport> {
    return reportOf(id, await link.ask({ op: "fleet_job_cancel", id, grace: graceMs / 1000 }, options));
  },
};

function within(options: AskOptions, timeoutMs = ANSWER_TIMEOUT_MS): AskOptions {
  return { timeoutMs, ...options };
}

function texts(list: Field): readonly string[] {
  return list.list().map((each) => each.text());
}

function throwIfRefused(answer: FieldMap, what: string): void {
  const why = answer.optional("refused")?.text();
  if (why !== undefined) throw new DaskFleetError("JOB_FAILED", `${what}: ${printableLine(why)}.`);
}

function reportOf(id: string, answer: Field): JobReport {
  const job = answer.map().optional("job");
  if (job !== undefined) return parseJob(job);
  throw new DaskFleetError(
    "JOB_NOT_FOUND",
    `The scheduler knows no job ${printableLine(id)}. It forgets the oldest of many ended jobs; a scheduler that was restarted has ended and forgotten all.`,
  );
}

const STATES: Readonly<Record<string, JobState>> = {
  starting: "starting",
  running: "running",
  ended: "ended",
  lost: "lost",
};

function parseJob(answer: Field): JobReport {
  const job = answer.map();
  const name = job.get("state").text();
  const state = Object.hasOwn(STATES, name) ? STATES[name] : undefined;
  if (state === undefined) throw violation(`The scheduler reports a job as "${printableLine(name)}"`);
  return {
    id: job.get("id").text(),
    name: job.get("name").text(),
    on: job.get("on").text() === "worker" ? "worker" : "scheduler",
    worker: job.optional("worker")?.text(),
    state,
    exitCode: job.optional("exit_code")?.number(),
    reason: job.optional("reason")?.text(),
    isCancelled: job.get("cancelled").flag(),
    createdAt: job.get("created").date(),
    startedAt: job.optional("started")?.date(),
    endedAt: job.optional("ended")?.date(),
    outputBytes: job.get("output").number(),
    resultBytes: job.optional("result")?.number(),
    resultProblem: job.optional("result_problem")?.text(),
  };
}
