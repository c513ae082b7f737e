import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { combinedError } from "../../../src/cloud/errors/cloud-error.ts";
import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { CreatedMachines, Machine, MachineRequest } from "../../../src/provider/machine.ts";
import { groupIn } from "../../../src/provider/tags.ts";
import type { OciApi } from "../api/client.ts";
import { retryUntilConsistent } from "../api/retries.ts";
import { isNotFound, isOci, notUnderstood, OciError } from "../errors/oci-error.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";
import { type Candidate, inWords } from "./candidates.ts";
import { launchRequest } from "./launch-details.ts";
import { machineOf } from "./machines.ts";

interface LaunchInput {
  readonly api: OciApi;
  readonly request: MachineRequest;
  readonly candidates: readonly Candidate[];
  readonly options: ResolvedOciOptions;
  readonly nsgIds: readonly string[];
  /** Network security groups that OCI may not know yet. */
  readonly recentGroups: RecentCreations;
  /** Waits until a machine is what was asked for. Undefined: it is, once the call has answered. */
  readonly settle: ((machine: Machine) => Promise<Machine>) | undefined;
  readonly onMade: (
    made: { readonly id: string; readonly workRequestId: string | undefined },
    candidate: Candidate,
  ) => void;
}

/** A call makes one machine. OCI throttles a user who makes many more at a time. */
const CALLS_AT_ONCE = 10;

/** Launches machines, and falls back to the next candidate while there are too few. */
export async function launch(input: LaunchInput, signal: AbortSignal): Promise<CreatedMachines> {
  const { candidates, request } = input;
  return await createWithFallbacks(
    candidates,
    request.count,
    async (candidate, count) => await launchOf(candidate, count, input, signal),
    {
      describe: inWords,
      quotaOf: ({ shape, availabilityDomain, capacityType }) => `${shape} ${availabilityDomain} ${capacityType}`,
    },
  );
}

/**
 * Machines of one candidate, side by side. What the others created counts even if one failed; after one that was refused, no more is
 * asked for here.
 */
async function launchOf(
  candidate: Candidate,
  count: number,
  input: LaunchInput,
  signal: AbortSignal,
): Promise<CreatedMachines> {
  let enough = true;
  // The last of the request's machines are those that are still missing: a number asked twice has the same token.
  const numbers = Array.from({ length: count }, (_, index) => input.request.count - count + index);
  const results = await mapLimited(numbers, CALLS_AT_ONCE, async (nth) => {
    if (!enough) return undefined;
    try {
      return await launchOne({ ...input, candidate, nth }, signal);
    } catch (error) {
      enough = false;
      throw error;
    }
  });
  const machines = results.flatMap((result) => (result.status === "fulfilled" ? (result.value ?? []) : []));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (errors.length === 0) return { machines };
  const uncertain = errors.some((error) => !(error instanceof OciError && error.refused));
  return { machines, shortfall: combinedError(errors), uncertain };
}

interface One extends LaunchInput {
  readonly candidate: Candidate;
  readonly nth: number;
}

async function launchOne({ api, recentGroups, onMade, settle, ...one }: One, signal: AbortSignal): Promise<Machine> {
  const asked = launchRequest({ ...one, compartmentId: api.compartmentId });
  const isNew = one.nsgIds.some((id) => recentGroups.has(id));
  const unknown = (error: OciError): boolean =>
    isNew &&
    (isNotFound(error) || isOci(error, "RelatedResourceNotAuthorizedOrNotFound")) &&
    /networksecuritygroup|nsg/i.test(error.message);
  const { instance, opcWorkRequestId: workRequestId } = await retryUntilConsistent(unknown, signal, () =>
    api.call("compute", "LaunchInstance", signal, (client) => client.launchInstance(asked)),
  );
  if (typeof instance?.id !== "string") throw notUnderstood("LaunchInstance");
  const { request, candidate } = one;
  const machine = { ...machineOf(instance), role: request.role, group: groupIn(request.tags) };
  onMade({ id: machine.id, workRequestId }, candidate);
  return settle === undefined ? machine : await settle(machine);
}
