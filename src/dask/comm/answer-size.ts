/** Dask's handshake has some hundred bytes; it arrives before authentication. */
export const HANDSHAKE_BYTES: number = 64 * 1024;

const MEBI = 1024 * 1024;
/** Answers with an entry for each worker, and logs. 20,000 busy workers are some 120 MiB. */
const LARGE: ReadonlySet<string> = new Set(["identity", "broadcast", "get_logs", "retire_workers"]);

/** The limit of an answer, in bytes: below the limit of messages for operations with small answers. */
export function mostAnswerBytes(op: string): number {
  return LARGE.has(op) ? Number.POSITIVE_INFINITY : 8 * MEBI;
}
