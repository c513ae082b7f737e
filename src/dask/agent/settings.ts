import type { EndsSettings } from "./ends.ts";

/** The clouds whose machines get a notice before they are taken back. */
export type NoticeCloud = "ec2" | "gcp" | "azure";

export interface NoticeSettings {
  readonly cloud: NoticeCloud;
  /** Instead of the cloud's own metadata service, such as `http://127.0.0.1:8080/{name}`, with the machine's name: for tests. */
  readonly address?: string | undefined;
  /** Seconds between two questions. Default: 5 on EC2, 2 elsewhere. */
  readonly pause?: number | undefined;
}

/** What the agent's parts are told, the same on the scheduler and on all workers. Plain JSON values, no secrets. */
export interface AgentSettings {
  /** The cluster's name, for log lines. */
  readonly cluster: string;
  /** Where workers learn that their cloud takes their machines back. Undefined: nowhere. */
  readonly notice?: NoticeSettings | undefined;
  /** What is kept of jobs. Default: 64 MiB of output each, and 100 ended ones. */
  readonly jobs?: { readonly logBytes?: number; readonly keptJobs?: number };
  /** What ends the cluster by itself. */
  readonly ends?: EndsSettings | undefined;
}
