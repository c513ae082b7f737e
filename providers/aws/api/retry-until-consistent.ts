import { Deadline } from "../../../src/deadline.ts";
import { sleep } from "../../../src/wait.ts";
import { Ec2Error, isAws } from "../errors/ec2-error.ts";

const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Makes a call again while EC2 refuses it with one of these codes, or in a way that is told by looking, for as long as its parts may
 * take to learn of something that was just made.
 */
export async function retryUntilConsistent<Answer>(
  inconsistent: readonly string[] | ((error: Ec2Error) => boolean),
  signal: AbortSignal,
  call: () => Promise<Answer>,
  { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Promise<Answer> {
  const isInconsistent =
    typeof inconsistent === "function" ? inconsistent : (error: Ec2Error): boolean => isAws(error, ...inconsistent);
  const deadline = new Deadline(patienceMs);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Ec2Error && isInconsistent(error)) || deadline.expired) throw error;
    }
    await sleep(Math.min(pause, deadline.remainingMs), signal);
  }
}
