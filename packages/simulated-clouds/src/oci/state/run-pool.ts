import { randomBytes } from "node:crypto";

import { ApiError } from "../api-error.ts";
import { readLaunch } from "../checks/launch.ts";
import type { Account } from "./account.ts";
import type { InstanceConfiguration, InstancePool } from "./instance-pool.ts";
import type { Instance } from "./instance.ts";
import { launch, terminate } from "./launch.ts";

const TERMINATED_MS = 3_600_000;

/** Lets a pool become what its size says, step by step, until it is gone. */
export function runPool(account: Account, pool: InstancePool): void {
  const { poolStepMs = 2000, poolRetryMs = 60_000 } = account.options;
  const step = (): void => {
    if (pool.terminatedAt !== undefined) return;
    const failed = pool.state === "TERMINATING" ? endPool(account, pool) : scale(account, pool);
    account.clock.after(failed ? poolRetryMs : poolStepMs, step);
  };
  account.clock.after(poolStepMs, step);
}

/** Whether a launch failed, so that the next step comes later. */
function scale(account: Account, pool: InstancePool): boolean {
  const missing = pool.size - pool.living.length;
  // The oldest go first: oci-cli's documentation of `instance-pool update`.
  for (const instance of pool.living.slice(0, Math.max(0, -missing))) terminate(instance);
  pool.members = pool.members.filter(({ terminatedAt }) => terminatedAt === undefined);
  try {
    for (let nth = 0; nth < missing; nth++) launchMember(account, pool);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Its work request tells why; the pool goes on trying.
    return true;
  }
  if (pool.members.length === pool.size && pool.members.every(({ state }) => state !== "PROVISIONING")) {
    pool.state = "RUNNING";
  } else if (pool.state === "RUNNING") {
    pool.state = "SCALING";
  }
  return false;
}

function launchMember(account: Account, pool: InstancePool): void {
  const configuration = account.configurations.find(pool.configurationId);
  const place = pool.placements[pool.launched % pool.placements.length];
  if (configuration === undefined || place === undefined) return;
  const { faultDomains = [] } = place;
  const round = Math.floor(pool.launched / pool.placements.length);
  const member = launchFrom(account, configuration, {
    availabilityDomain: place.availabilityDomain,
    faultDomain: faultDomains[round % faultDomains.length],
    subnetId: place.primarySubnetId,
    compartmentId: pool.compartmentId,
    displayName: `inst-${randomBytes(3).toString("hex").slice(0, 5)}-${pool.displayName}`,
  });
  pool.launched += 1;
  pool.members = [...pool.members, member];
}

interface Place {
  readonly availabilityDomain: string;
  readonly faultDomain: string | undefined;
  readonly subnetId: string | undefined;
  readonly compartmentId: string;
  readonly displayName: string;
}

function launchFrom(account: Account, configuration: InstanceConfiguration, place: Place): Instance {
  const { launchDetails = {} } = configuration.details;
  const {
    subnetId = launchDetails.createVnicDetails?.subnetId,
    faultDomain = launchDetails.faultDomain,
    ...rest
  } = place;
  const body = {
    ...launchDetails,
    ...rest,
    faultDomain,
    createVnicDetails: { ...launchDetails.createVnicDetails, subnetId },
  };
  return launch(account, { ...readLaunch(account, body), instanceConfigurationId: configuration.id });
}

function endPool(account: Account, pool: InstancePool): boolean {
  const { clock, options, pools } = account;
  for (const instance of pool.living) terminate(instance);
  pool.members = pool.members.filter(({ terminatedAt }) => terminatedAt === undefined);
  if (pool.members.length > 0) return false;
  pool.state = "TERMINATED";
  pool.terminatedAt = clock.now();
  clock.after(options.terminatedMs ?? TERMINATED_MS, () => pools.delete(pool));
  return false;
}
