import { randomBytes } from "node:crypto";

import { type JobReport, type JobSpec, jobOperations } from "../../dask/agent/jobs.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import { Deadline } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { within } from "../../wait.ts";
import { JobFiles } from "./collect-files.ts";
import { type JobModule, type SubmitOptions, checkSubmission } from "./job-options.ts";
import { Job } from "./job.ts";
import { PatientAsk } from "./patient-ask.ts";
import { asJobFile, hashFiles, sendFiles } from "./send-files.ts";

const DEFAULT_TIMEOUT_MS = 600_000;
/** Other submissions may push files out that were there a moment ago. */
const MOST_ROUNDS = 3;
const WHAT = "the job to be submitted";

/** Sends the files that the scheduler does not have, then the job. All of it may be repeated. */
export async function submitJob(
  link: () => AgentLink,
  program: string | JobModule,
  options: SubmitOptions,
): Promise<Job> {
  checkSubmission(program, options);
  const deadline = new Deadline(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
  const report = await within(WHAT, deadline, async (signal) => await submitted(link, program, { ...options, signal }));
  return new Job(link, report);
}

async function submitted(
  link: () => AgentLink,
  program: string | JobModule,
  options: SubmitOptions & { readonly signal: AbortSignal },
): Promise<JobReport> {
  const { signal, cwd = process.cwd(), id = `job-${randomBytes(6).toString("hex")}` } = options;
  const files = new JobFiles(cwd, signal);
  const script = typeof program === "string" ? await files.addScript(program) : undefined;
  for (const each of options.files ?? []) await files.add(each);
  const hashed = await hashFiles(files.all, signal);
  const job: JobSpec = {
    script,
    module: typeof program === "string" ? undefined : program.module,
    args: options.args ?? [],
    env: options.env ?? {},
    files: hashed.map(asJobFile),
    on: options.on ?? "scheduler",
    resources: options.resources ?? {},
  };
  const filled = hashed.filter(({ size }) => size > 0);
  await using patient = new PatientAsk(link, WHAT, new Deadline(Number.POSITIVE_INFINITY, signal));
  const hashes = [...new Set(filled.map(({ sha256 }) => sha256))];
  let missing = await jobOperations.missing(patient.ask, hashes);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await sendFiles(patient.ask, filled, missing);
    const answer = await jobOperations.submit(patient.ask, id, job);
    if ("report" in answer) return answer.report;
    missing = answer.missing;
  }
  throw new DaskFleetError("JOB_FAILED", "The files of other jobs pushed this one's out again and again. Try later.");
}
