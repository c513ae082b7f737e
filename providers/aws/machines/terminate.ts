import { chunksOf, mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { Ec2Api } from "../api/client.ts";
import { type Ec2Error, isAws, notYetKnown } from "../errors/ec2-error.ts";

const LARGEST_BATCH = 1000;
const CALLS_AT_ONCE = 4;

/**
 * Terminates instances. Those that are already gone are a success. A batch that fails does not stop the others.
 *
 * @throws DaskFleetError for those that may still exist
 */
export async function terminate(
  api: Ec2Api,
  ids: readonly string[],
  { recent, signal }: { readonly recent: RecentCreations; readonly signal: AbortSignal },
): Promise<void> {
  const results = await mapLimited(chunksOf(ids, LARGEST_BATCH), CALLS_AT_ONCE, async (chunk) => {
    const unknown = await terminateKnown(api, chunk, signal);
    const early = unknown.filter((id) => recent.has(id));
    for (const id of chunk) if (!early.includes(id)) recent.forget(id);
    if (early.length > 0) throw notYetKnown(early.join(", "), "InvalidInstanceID.NotFound");
  });
  throwRejected(results);
}

/**
 * EC2 terminates none when it does not know one of them, or may not end one: without those it names, it is asked again. Returns the
 * unknown ones.
 *
 * @throws Ec2Error for machines that are protected, when the others are terminated
 */
async function terminateKnown(api: Ec2Api, ids: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const unknown: string[] = [];
  let kept: Ec2Error | undefined;
  let rest = ids;
  while (rest.length > 0) {
    try {
      const InstanceIds = [...rest];
      await api.call("TerminateInstances", signal, (ec2, options) => ec2.terminateInstances({ InstanceIds }, options));
      break;
    } catch (error) {
      if (!isAws(error, "InvalidInstanceID.NotFound", "OperationNotPermitted")) throw error;
      const named = new Set(error.awsMessage.match(/i-[0-9a-f]+/gu));
      const unnamed = rest.filter((id) => !named.has(id));
      const isKept = isAws(error, "OperationNotPermitted");
      if (isKept && unnamed.length === rest.length) throw error;
      if (unnamed.length === rest.length) return [...unknown, ...(await inHalves(api, rest, signal))];
      if (isKept) kept ??= error;
      else unknown.push(...rest.filter((id) => named.has(id)));
      rest = unnamed;
    }
  }
  if (kept !== undefined) throw kept;
  return unknown;
}

/** It did not say which. */
async function inHalves(api: Ec2Api, ids: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) return [only];
  const half = Math.ceil(ids.length / 2);
  const [first, second] = await Promise.all([
    terminateKnown(api, ids.slice(0, half), signal),
    terminateKnown(api, ids.slice(half), signal),
  ]);
  return [...first, ...second];
}
