import { Deadline } from "../../../src/deadline.ts";
import { sleep } from "../../../src/wait.ts";
import type { Droplet } from "../api/api-types.ts";
import { DropletError, notUnderstood } from "../errors/droplet-error.ts";
import type { DropletTemplate, LaunchInput } from "./launch.ts";
import { listDroplets } from "./machines.ts";

interface Batch {
  readonly template: DropletTemplate;
  readonly names: readonly string[];
}

const ACTION = "POST /v2/droplets";
const MOST_TRIES = 2;

/**
 * Makes droplets of these names, in one call. DigitalOcean knows no idempotency token, and would make droplets of the same name
 * again: where it is not known what a call has done, they are looked for before the call is made once more.
 */
export async function createDroplets(
  input: LaunchInput,
  { template, names }: Batch,
  signal: AbortSignal,
): Promise<readonly Droplet[]> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await create(input, { template, names }, signal);
    } catch (error) {
      const isClear = error instanceof DropletError && error.refused;
      if (signal.aborted || isClear || !(error instanceof DropletError)) throw error;
      const there = await findNamed(input, names, signal);
      if (there.length === names.length) return there;
      if (there.length > 0 || tried === MOST_TRIES) throw error;
    }
  }
}

async function create(
  { api }: LaunchInput,
  { template, names }: Batch,
  signal: AbortSignal,
): Promise<readonly Droplet[]> {
  const droplets: unknown = await api.call(
    ACTION,
    signal,
    // The library's type lacks the newer fields.
    async ({ sdk }) => await sdk.droplets.createMultipleDroplets({ ...template, names } as never),
    { repeatable: false },
  );
  if (!Array.isArray(droplets)) throw notUnderstood(ACTION);
  return droplets as Droplet[];
}

/** Looks until all are there or lists have had the time to show them. */
async function findNamed(
  { api, identity, options }: LaunchInput,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly Droplet[]> {
  const { listLagMs, pollIntervalMs } = options;
  const wanted = new Set(names);
  const deadline = new Deadline(listLagMs, signal);
  for (;;) {
    const isLast = deadline.expired;
    const there = (await listDroplets(api, identity, signal)).filter(({ name }) => wanted.has(name));
    if (there.length === names.length || isLast) return there;
    await sleep(Math.min(pollIntervalMs, Math.max(1, deadline.remainingMs)), signal);
  }
}
