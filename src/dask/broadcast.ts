import type { Request } from "./comm/comm.ts";
import type { Field } from "./fields.ts";

/** Asks the scheduler one thing, and throws where it fails. */
export type Ask = (request: Request) => Promise<Field>;

/**
 * Has the scheduler ask workers, or their nannies (`Scheduler.broadcast`, distributed/scheduler.py), and gives the answers
 * by worker address. Those that can not be reached or fail are left out: the other ways to hear of their errors are pickled,
 * or close the comm on 2022.12.
 *
 * @param workers addresses that the scheduler knows; all of them when absent
 */
export async function broadcast(
  ask: Ask,
  msg: Request,
  workers?: readonly string[],
  nanny?: boolean,
): Promise<[address: string, answer: Field][]> {
  if (workers?.length === 0) return [];
  return (await ask({ op: "broadcast", msg, workers, nanny, on_error: "ignore" })).map().entries();
}
