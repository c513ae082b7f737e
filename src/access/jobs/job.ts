import { type JobReport, type JobStatus, jobOperations } from "../../dask/agent/jobs.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import { Deadline } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { printableLine } from "../../text/printable.ts";
import { readResult } from "./job-result.ts";
import { OutputLines } from "./output-lines.ts";
import { PatientAsk } from "./patient-ask.ts";

/** How a job ended. */
export interface JobEnd {
  /** Its exit status; 128 + n when signal number n ended it. */
  readonly exitCode: number;
  /**
   * What the job wrote into the file that `DASK_FLEET_RESULT` names: text is parsed as JSON, anything else, such as Arrow, is a
   * `Uint8Array`. Undefined if it wrote nothing.
   */
  readonly result: unknown;
  /** Whether somebody asked for its end while it ran. */
  readonly isCancelled: boolean;
}

/** What of a job's output is read. */
export interface JobLogsOptions {
  /** Whether to wait for what is yet to come, until the job is over. Default: true. */
  readonly follow?: boolean | undefined;
  /** Begin so many bytes before the end of the present output. Default: at its beginning. */
  readonly tailBytes?: number | undefined;
  /**
   * Called when bytes are no longer kept: of each job the newest 64 MiB are. Default: a line that begins with `[dask-fleet]` tells it,
   * which a job could print as well.
   */
  readonly onDropped?: ((bytes: number) => void) | undefined;
  /** Ends the reading when aborted: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a call about a job waits. */
export interface JobWaitOptions {
  /** Aborts the wait: the call rejects with the signal's reason. The job goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: no limit for `wait()`, 10 s for other questions. */
  readonly timeoutMs?: number | undefined;
}

/** How a job is cancelled. */
export interface CancelOptions extends JobWaitOptions {
  /** From SIGTERM to SIGKILL, at most 600,000. Default: 10,000. */
  readonly graceMs?: number | undefined;
}

const DEFAULT_GRACE_MS = 10_000;
const LONGEST_GRACE_MS = 600_000;
/** From SIGKILL to the scheduler's word that the job is over. */
const AFTER_KILL_MS = 30_000;

/**
 * A program that runs in the cluster, from `cluster.submit()`, `cluster.jobs()` or `cluster.job()`. It does not need this process: it
 * goes on when the launcher ends, and any handle of the cluster finds it by its id.
 */
export class Job {
  /** Unique in its cluster. */
  readonly id: string;
  readonly #link: () => AgentLink;
  #seen: JobReport;
  #done: Promise<JobEnd> | undefined;

  /** @internal */
  constructor(link: () => AgentLink, report: JobReport) {
    this.id = report.id;
    this.#link = link;
    this.#seen = report;
  }

  /** The job as it was when the scheduler last spoke of it. */
  get lastStatus(): JobStatus {
    return statusOf(this.#seen);
  }

  /** The job as it is now. */
  async status(options: JobWaitOptions = {}): Promise<JobStatus> {
    return statusOf(this.#see(await jobOperations.look(this.#link(), this.id, options)));
  }

  /**
   * Its end, from {@link wait} without limits. The job is watched from the first use of this property on. Rejections that nobody
   * handles do not end the process.
   */
  get done(): Promise<JobEnd> {
    if (this.#done === undefined) {
      this.#done = this.wait();
      this.#done.catch(() => undefined);
    }
    return this.#done;
  }

  /**
   * Waits until the job is over. Any exit code is a result. Lost connections are made again.
   *
   * @throws DaskFleetError `JOB_FAILED` when it has no exit code (it could not be started, or its worker is gone) or an unusable result;
   * `JOB_NOT_FOUND` when the scheduler was restarted; `CLOSED` when the cluster is closed or detached from; `TIMEOUT`
   */
  async wait({ signal, timeoutMs = Number.POSITIVE_INFINITY }: JobWaitOptions = {}): Promise<JobEnd> {
    await using patient = this.#conversation(new Deadline(timeoutMs, signal));
    while (isUnderWay(this.#see(await jobOperations.wait(patient.ask, this.id))));
    const { exitCode, reason = "", isCancelled, resultBytes, resultProblem } = this.#seen;
    if (exitCode === undefined)
      throw new DaskFleetError("JOB_FAILED", `The job ${this.id} has no result: ${printableLine(reason)}.`);
    if (resultProblem !== undefined) {
      const problem = `its result cannot be used: ${printableLine(resultProblem)}.`;
      throw new DaskFleetError("JOB_FAILED", `The job ${this.id} ended with exit code ${exitCode}, but ${problem}`);
    }
    const result =
      resultBytes === undefined ? undefined : await readResult(patient.ask, { id: this.id, exitCode, resultBytes });
    return { exitCode, result, isCancelled };
  }

  /**
   * Its output, standard output and standard error in one, line by line: raw data. Use {@link printable} before you show it on a
   * terminal. Lines longer than 1 MiB come in parts. Several readers do not disturb each other, and none is needed.
   *
   * @throws DaskFleetError as {@link wait}
   */
  async *logs({ follow = true, tailBytes, onDropped, signal }: JobLogsOptions = {}): AsyncGenerator<
    string,
    void,
    undefined
  > {
    await using patient = this.#conversation(new Deadline(Number.POSITIVE_INFINITY, signal));
    const lines = new OutputLines();
    let offset = 0;
    if (tailBytes !== undefined) {
      const { report } = await jobOperations.follow(patient.ask, { id: this.id, offset, isHeld: false });
      offset = Math.max(0, report.outputBytes - Math.max(0, Math.floor(tailBytes)));
    }
    for (;;) {
      const part = await jobOperations.follow(patient.ask, { id: this.id, offset, isHeld: follow });
      this.#see(part.report);
      if (part.start > offset) {
        yield* lines.end();
        if (onDropped === undefined) yield droppedLine(part.start - offset);
        else onDropped(part.start - offset);
      }
      yield* lines.add(part.data);
      offset = part.start + part.data.length;
      if (part.isOver || (!follow && part.data.length === 0)) break;
    }
    yield* lines.end();
  }

  /**
   * Ends the job with everything that it started: SIGTERM, and SIGKILL after the grace. Resolves when it is over, at once if it was
   * over before.
   */
  async cancel({ graceMs = DEFAULT_GRACE_MS, signal, timeoutMs }: CancelOptions = {}): Promise<JobStatus> {
    const grace = Math.min(LONGEST_GRACE_MS, Math.max(0, graceMs));
    const deadline = new Deadline(timeoutMs ?? grace + AFTER_KILL_MS, signal);
    this.#see(await jobOperations.cancel(this.#link(), this.id, grace, { signal }));
    await using patient = this.#conversation(deadline);
    while (isUnderWay(this.#see(await jobOperations.wait(patient.ask, this.id))));
    return this.lastStatus;
  }

  #conversation(deadline: Deadline): PatientAsk {
    return new PatientAsk(this.#link, `the job ${this.id}`, deadline);
  }

  #see(report: JobReport): JobReport {
    this.#seen = report;
    return report;
  }
}

function isUnderWay({ state }: JobReport): boolean {
  return state === "starting" || state === "running";
}

function statusOf(report: JobReport): JobStatus {
  const { resultBytes: _bytes, resultProblem: _problem, ...status } = report;
  return status;
}

function droppedLine(bytes: number): string {
  return `[dask-fleet] ${bytes.toLocaleString("en-US")} bytes of output are no longer kept`;
}
