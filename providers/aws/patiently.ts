import { Deadline } from "../../src/deadline.ts";
import { sleep } from "../../src/wait.ts";
import { isAws } from "./errors.ts";

const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Makes a call again while EC2 answers with one of these codes, for as long as its parts may take to learn of something that was
 * just made.
 */
export async function patiently<Answer>(
  awsCodes: readonly string[],
  signal: AbortSignal,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const deadline = new Deadline(PATIENCE_MS);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!isAws(error, ...awsCodes) || deadline.expired) throw error;
    }
    await sleep(pause, signal);
  }
}
