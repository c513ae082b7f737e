import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { SubmitOptions } from "../../../src/access/jobs/job-options.ts";
import type { Job } from "../../../src/access/jobs/job.ts";
import { Jobs } from "../../../src/access/jobs/jobs.ts";
import type { AgentLink } from "../../../src/dask/agent/link.ts";
import type { Request } from "../../../src/dask/comm/comm.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";

/** Submits programs that a test writes as text, from a folder of their own. */
export class Submitter implements AsyncDisposable {
  /** All requests of its conversations, but not those of the control comm. */
  readonly requests: Request[] = [];
  readonly jobs: Jobs;
  readonly cwd: string;

  static async open(client: SchedulerClient): Promise<Submitter> {
    return new Submitter(client, await mkdtemp(join(tmpdir(), "dask-fleet-jobs-test-")));
  }

  private constructor(client: SchedulerClient, cwd: string) {
    this.cwd = cwd;
    const link: AgentLink = {
      ask: (request, options) => client.ask(request, options),
      open: async (options) => {
        const comm = await client.open(options);
        const ask: typeof comm.ask = async (request, how) => {
          this.requests.push(request);
          return await comm.ask(request, how);
        };
        return { ask, close: () => comm.close(), [Symbol.asyncDispose]: () => comm.close() };
      },
    };
    this.jobs = new Jobs(() => ({ client: link }));
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await writeFile(join(this.cwd, path), content);
  }

  async python(script: string, options: SubmitOptions = {}, name = "main.py"): Promise<Job> {
    await this.write(name, script);
    return await this.jobs.submit(name, { cwd: this.cwd, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.cwd, { recursive: true, force: true });
  }
}

export async function linesOf(job: Job): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of job.logs()) lines.push(line);
  return lines;
}

/** The output up to a line; the job goes on. */
export async function firstLine(job: Job): Promise<string> {
  for await (const line of job.logs()) return line;
  throw new Error(`The job ${job.id} said nothing: ${JSON.stringify(job.lastStatus)}`);
}
