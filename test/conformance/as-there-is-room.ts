import { performance } from "node:perf_hooks";

import { sleep } from "../../src/wait.ts";

/** Even where the processor is busy: that many are not too slow for their own time-outs. */
const FEWEST = 4;
/** Each has a cloud of its own, and there are addresses for 64 on a computer, where two files run at a time. */
const MOST = 24;
/** How much of its time this process may have work for another one to begin. Also what others take of the processor counts. */
const BUSY = 0.85;
/** How long is looked at. */
const LOOK_MS = 50;

/** Of all that run in this process: tests that run together share the room. */
let running = 0;
let lastTurn: Promise<void> = Promise.resolve();

/**
 * Works on all items, on as many at a time as the processor has room for: those that wait leave room for others, and on a slow
 * computer each still gets its share. One that fails does not stop the others.
 */
export async function asThereIsRoom<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const begun: Promise<PromiseSettledResult<Result>>[] = [];
  for (const item of items) {
    await room();
    begun.push(settle(() => work(item)));
  }
  return await Promise.all(begun);
}

async function settle<Result>(work: () => Promise<Result>): Promise<PromiseSettledResult<Result>> {
  try {
    return { status: "fulfilled", value: await work() };
  } catch (reason) {
    return { status: "rejected", reason };
  } finally {
    running -= 1;
  }
}

/** Takes a place, as soon as there is one. */
async function room(): Promise<void> {
  const turn = lastTurn.then(async () => {
    while (!(await hasRoom())) continue;
    running += 1;
  });
  lastTurn = turn;
  await turn;
}

async function hasRoom(): Promise<boolean> {
  if (running < FEWEST) return true;
  const before = performance.eventLoopUtilization();
  await sleep(LOOK_MS);
  return running < MOST && performance.eventLoopUtilization(before).utilization < BUSY;
}
