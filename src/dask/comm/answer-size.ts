/** Dask's handshake has some hundred bytes; it comes before we know who sends it. */
export const HANDSHAKE_BYTES: number = 64 * 1024;

const MEBI = 1024 * 1024;
/** What is told of each worker, and logs. 20,000 busy workers are some 120 MiB. */
const LARGE: ReadonlySet<string> = new Set(["identity", "broadcast", "get_logs", "retire_workers"]);

/** The bytes that an answer may have: less than a message may, where what is asked for is small. */
export function mostAnswerBytes(op: string): number {
  return LARGE.has(op) ? Number.POSITIVE_INFINITY : 8 * MEBI;
}
