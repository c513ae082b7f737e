import type { Method } from "../call.ts";
import type { MethodName } from "../params.ts";
import { adapt, clientEnv, close, dashboard, detach, machines, scale } from "./clusters.ts";
import { status, stopAdapting, waitForWorkers, workers } from "./clusters.ts";
import { cancel, ping, shutdown } from "./connection.ts";
import { jobCancel, jobLogs, jobWait, jobs, submit } from "./jobs.ts";
import { logs } from "./logs.ts";
import { list, remove, sweep } from "./places.ts";
import { attach, plan, preview, start } from "./start.ts";

/** By their names in requests. */
export const METHODS: { readonly [Name in MethodName]: Method<Name> } = {
  ping,
  shutdown,
  cancel,
  start,
  attach,
  detach,
  close,
  status,
  scale,
  adapt,
  stop_adapting: stopAdapting,
  wait_for_workers: waitForWorkers,
  workers,
  machines,
  logs,
  dashboard,
  client_env: clientEnv,
  submit,
  jobs,
  job_wait: jobWait,
  job_logs: jobLogs,
  job_cancel: jobCancel,
  preview,
  plan,
  list,
  remove,
  sweep,
};
