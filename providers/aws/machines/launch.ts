import type { Instance, RunInstancesCommandOutput } from "@aws-sdk/client-ec2";

import { batchesOf, mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { combinedError } from "../../../src/cloud/errors/cloud-error.ts";
import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { CreatedMachines, Machine, MachineRequest } from "../../../src/provider/machine.ts";
import { groupIn } from "../../../src/provider/tags.ts";
import type { Ec2Api } from "../api/client.ts";
import { retryUntilConsistent } from "../api/retries.ts";
import { Ec2Error, isAws } from "../errors/ec2-error.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import { type Candidate, inWords } from "./candidates.ts";
import { machineOf } from "./machines.ts";
import { runInstancesRequest } from "./run-instances.ts";

interface LaunchInput {
  readonly api: Ec2Api;
  readonly request: MachineRequest;
  readonly candidates: readonly Candidate[];
  readonly options: ResolvedEc2Options;
  readonly securityGroups: readonly string[];
  /** The address family by which clients reach the scheduler. */
  readonly clients: AddressFamily;
  /** Security groups that EC2 may not know yet. */
  readonly recentGroups: RecentCreations;
  readonly onMade: (machines: readonly Machine[], candidate: Candidate) => void;
}

/** AWS advises no more in a call: "five separate launch requests for 100 instances each instead of one for 500". */
export const LARGEST_BATCH = 100;
/** As many RunInstances as EC2 takes at once; after that, two in a second. */
const CALLS_AT_ONCE = 5;

/** A new instance profile is known to IAM at once, to EC2 some seconds later. */
const PROFILE_PATIENCE_MS = 15_000;
const NO_SPOT_ROLE = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";

/** Launches machines, and falls back to the next candidate while there are too few. */
export async function launch(input: LaunchInput, signal: AbortSignal): Promise<CreatedMachines> {
  let noSpot: Error | undefined;
  return await createWithFallbacks(
    input.candidates,
    input.request.count,
    async (candidate, count) => {
      // No other zone or type has spot machines for an account that lacks their role.
      if (candidate.capacityType === "spot" && noSpot !== undefined) return { machines: [], shortfall: noSpot };
      const made = await launchOf(candidate, count, input, signal);
      if (isAws(made.shortfall, NO_SPOT_ROLE)) noSpot = made.shortfall;
      return made;
    },
    { describe: inWords, quotaOf: ({ instanceType, capacityType }) => `${instanceType} ${capacityType}` },
  );
}

/**
 * Machines of one candidate, in batches side by side. What the others created counts even if one failed; after one that got
 * fewer than it asked for, or was refused, no more is asked for here.
 */
async function launchOf(
  candidate: Candidate,
  count: number,
  input: LaunchInput,
  signal: AbortSignal,
): Promise<CreatedMachines> {
  let enough = true;
  const results = await mapLimited(batchesOf(count, LARGEST_BATCH), CALLS_AT_ONCE, async (size, batch) => {
    if (!enough) return [];
    try {
      const made = await runInstances({ candidate, count: size, batch, ...input }, signal);
      enough &&= made.length === size;
      return made;
    } catch (error) {
      enough = false;
      throw error;
    }
  });
  const machines = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const uncertain = errors.some((error) => !(error instanceof Ec2Error && error.refused));
  if (errors.length > 0) return { machines, shortfall: combinedError(errors), uncertain };
  return machines.length < count ? { machines, shortfall: tooFew(candidate, machines.length, count) } : { machines };
}

interface Batch extends LaunchInput {
  readonly candidate: Candidate;
  readonly count: number;
  readonly batch: number;
}

async function runInstances(
  { api, recentGroups, onMade, ...batch }: Batch,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const asked = runInstancesRequest(batch);
  const isNew = batch.securityGroups.some((id) => recentGroups.has(id));
  const ask = async (): Promise<RunInstancesCommandOutput> =>
    await retryUntilConsistent(isNew ? ["InvalidGroup.NotFound"] : [], signal, () =>
      api.call("RunInstances", signal, (ec2, options) => ec2.runInstances(asked, options)),
    );
  const patienceMs = Math.min(PROFILE_PATIENCE_MS, batch.options.listLagMs);
  const { Instances = [] } = await retryUntilConsistent(isUnknownProfile, signal, ask, { patienceMs });
  const machines = Instances.map((instance: Instance) => ({
    ...machineOf(instance, batch.clients),
    role: batch.request.role,
    group: groupIn(batch.request.tags),
  }));
  onMade(machines, batch.candidate);
  return machines;
}

function isUnknownProfile(error: Ec2Error): boolean {
  return isAws(error, "InvalidParameterValue") && /iam ?instance ?profile/i.test(error.awsMessage);
}

function tooFew(candidate: Candidate, made: number, count: number): DaskFleetError {
  return new DaskFleetError(
    "CAPACITY_UNAVAILABLE",
    `EC2 had capacity for only ${made} of ${count} machines of ${inWords(candidate)}.`,
  );
}
