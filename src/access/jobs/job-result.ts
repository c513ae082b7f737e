import { type JobAsk, jobOperations } from "../../dask/agent/jobs.ts";
import { violation } from "../../dask/dask-errors.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";

/** As `templates/agent/job_process.py` says. */
const MOST_RESULT_BYTES = 64 * 1024 * 1024;

interface Wanted {
  readonly id: string;
  readonly exitCode: number;
  readonly resultBytes: number;
}

/** Reads what the job wrote as its result: text is JSON, anything else is given as it is. */
export async function readResult(ask: JobAsk, { id, exitCode, resultBytes }: Wanted): Promise<unknown> {
  if (resultBytes > MOST_RESULT_BYTES) throw violation(`The scheduler offers a result of ${resultBytes} bytes`);
  const bytes = new Uint8Array(resultBytes);
  for (let offset = 0; offset < resultBytes;) {
    const part = await jobOperations.result(ask, id, offset);
    if (part.length === 0 || part.length > resultBytes - offset)
      throw violation("The scheduler sent more or less of a result than it offered");
    bytes.set(part, offset);
    offset += part.length;
  }
  const text = textOf(bytes);
  if (text === undefined) return bytes;
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DaskFleetError(
      "JOB_FAILED",
      `The job ${id} ended with exit code ${exitCode}, but its result is text and not JSON: ${messageOf(cause)}. (Python's json writes NaN and Infinity, which JSON has not.)`,
      { cause },
    );
  }
}

/** Undefined for what is no text: Arrow, Parquet, pickles and pictures all hold a zero byte or what is not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
