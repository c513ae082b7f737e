import { isUint8Array } from "node:util/types";

import type { Job } from "../../../index.ts";
import type { Call, Method } from "../call.ts";
import { LIMITS } from "../limits.ts";
import { RpcError } from "../rpc-error.ts";
import { wireShape, wireShapes } from "../wire.ts";

export const submit: Method<"submit"> = async (
  { cluster, program, module, timeout_ms: timeoutMs, ...options },
  { clusters, signal },
) => {
  const job = await clusters
    .open(cluster)
    .cluster.submit(whatToRun(program, module), { ...options, signal, timeoutMs });
  return { job: wireShape(job.lastStatus) };
};

export const jobs: Method<"jobs"> = async ({ cluster, timeout_ms: timeoutMs }, { clusters, signal }) => {
  const found = await clusters.open(cluster).cluster.jobs({ signal, timeoutMs });
  return { jobs: wireShapes(found.map(({ lastStatus }) => lastStatus)) };
};

export const jobWait: Method<"job_wait"> = async (params, call) => {
  const job = await found(params, call);
  const { exitCode, isCancelled, result } = await job.wait({ signal: call.signal, timeoutMs: params.timeout_ms });
  const asWhat = isUint8Array(result) ? { result_base64: Buffer.from(result).toString("base64") } : { result };
  return { exit_code: exitCode, is_cancelled: isCancelled, ...asWhat };
};

export const jobLogs: Method<"job_logs"> = async (params, call) => {
  const job = await found(params, call);
  const tailBytes = Math.min(params.tail_bytes ?? LIMITS.pageBytes, LIMITS.pageBytes);
  const lines: string[] = [];
  for await (const line of job.logs({ follow: false, tailBytes, signal: call.signal })) lines.push(line);
  return { lines };
};

export const jobCancel: Method<"job_cancel"> = async (params, call) => {
  const job = await found(params, call);
  return { job: wireShape(await job.cancel({ graceMs: params.grace_ms, signal: call.signal })) };
};

async function found(params: { readonly cluster: string; readonly job: string }, call: Call): Promise<Job> {
  return await call.clusters.open(params.cluster).cluster.job(params.job, { signal: call.signal });
}

function whatToRun(program: string | undefined, module: string | undefined): string | { readonly module: string } {
  if (program !== undefined && module === undefined) return program;
  if (module !== undefined && program === undefined) return { module };
  throw new RpcError("PARAMS_INVALID", "submit: give either `program` or `module`.");
}
