import type { ClusterManager, Job } from "../../index.ts";
import type { Call } from "../command.ts";
import { FAILED } from "../exit-codes.ts";
import { untilInterrupt } from "../interrupt.ts";

/** Prints a job's output until it is over. Returns its exit code. Ctrl-C leaves the job running. */
export async function followed({ out }: Call, { name }: ClusterManager, job: Job): Promise<number> {
  out.note(`job ${job.id}`);
  const goesOn = (): void => out.warn(`the job ${job.id} goes on: dask-fleet logs ${name} --job ${job.id} --follow`);
  return await untilInterrupt(async (signal) => {
    for await (const line of job.logs({ signal })) out.line({ text: line, data: { job: job.id, line } });
    const { exitCode, result, isCancelled } = await job.wait({ signal });
    if (out.json) out.result({ text: "", data: { job: job.id, exitCode, isCancelled, result: shown(result) } });
    return isCancelled && exitCode === 0 ? FAILED : exitCode;
  }, goesOn);
}

/** Bytes have no JSON form. */
function shown(result: unknown): unknown {
  return ArrayBuffer.isView(result)
    ? { bytes: Buffer.from(result.buffer, result.byteOffset, result.byteLength).toString("base64") }
    : result;
}
