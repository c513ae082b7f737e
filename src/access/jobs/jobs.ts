import { jobOperations } from "../../dask/agent/jobs.ts";
import type { AgentLink, AskOptions } from "../../dask/agent/link.ts";
import { withAgent } from "../../dask/agent/with-agent.ts";
import type { JobModule, SubmitOptions } from "./job-options.ts";
import { Job } from "./job.ts";
import { submitJob } from "./submit-job.ts";

/** A running cluster, as its jobs see it. */
interface Reached {
  readonly client: AgentLink;
}

/** The jobs of a cluster. */
export class Jobs {
  readonly #link: () => AgentLink;

  /** @param reached throws when the cluster is not running any more */
  constructor(reached: () => Reached) {
    this.#link = () => reached().client;
  }

  async submit(program: string | JobModule, options: SubmitOptions = {}): Promise<Job> {
    return await withAgent("submit()", () => submitJob(this.#link, program, options));
  }

  async list(options: AskOptions = {}): Promise<readonly Job[]> {
    const reports = await withAgent("jobs()", () => jobOperations.list(this.#link(), options));
    return reports.map((report) => new Job(this.#link, report));
  }

  async find(id: string, options: AskOptions = {}): Promise<Job> {
    return new Job(this.#link, await withAgent("job()", () => jobOperations.look(this.#link(), id, options)));
  }
}
