import type { CreateConfigurationBody, CreatePoolBody } from "../bodies/pool.ts";
import type { Instance } from "./instance.ts";
import { Resource } from "./resource.ts";

type Made = ConstructorParameters<typeof Resource>[0];

/** What instances of a pool are launched from. */
export class InstanceConfiguration extends Resource {
  readonly details: CreateConfigurationBody["instanceDetails"];

  constructor(made: Made, details: CreateConfigurationBody["instanceDetails"]) {
    super(made);
    this.details = details;
  }

  toJson(): Readonly<Record<string, unknown>> {
    return { ...this.common(), instanceDetails: this.details, deferredFields: [] };
  }

  toSummary(): Readonly<Record<string, unknown>> {
    return this.common();
  }
}

/** As in `InstancePool.lifecycleState`. */
export type PoolState = "PROVISIONING" | "SCALING" | "RUNNING" | "TERMINATING" | "TERMINATED";

/** Instances of one configuration, as many as its size says after a while. */
export class InstancePool extends Resource {
  readonly placements: CreatePoolBody["placementConfigurations"];
  configurationId: string;
  size: number;
  state: PoolState = "PROVISIONING";
  /** The oldest first. */
  members: readonly Instance[] = [];
  terminatedAt: number | undefined;
  /** How many it has launched so far: they are spread over its places in turn. */
  launched = 0;

  constructor(made: Made, body: CreatePoolBody) {
    super(made);
    this.placements = body.placementConfigurations;
    this.configurationId = body.instanceConfigurationId;
    this.size = body.size;
  }

  /** Those that are not on their way out. */
  get living(): readonly Instance[] {
    return this.members.filter(({ isTerminating, terminatedAt }) => !isTerminating && terminatedAt === undefined);
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { configurationId, placements, size, state, living } = this;
    return {
      ...this.common(),
      instanceConfigurationId: configurationId,
      poolType: "INSTANCE",
      placementConfigurations: placements,
      size,
      currentSize: living.length,
      lifecycleState: state,
      loadBalancers: [],
    };
  }

  toSummary(): Readonly<Record<string, unknown>> {
    const { placementConfigurations: _places, loadBalancers: _balancers, ...json } = this.toJson();
    return { ...json, availabilityDomains: this.placements.map(({ availabilityDomain }) => availabilityDomain) };
  }
}

const POOL_WORDS = {
  PROVISIONING: "Provisioning",
  RUNNING: "Running",
  STOPPING: "Stopping",
  STOPPED: "Stopped",
  TERMINATING: "Terminating",
  TERMINATED: "Terminated",
} as const;

/** An instance as its pool's list shows it, which writes states in words of its own. */
export function memberJson(pool: InstancePool, instance: Instance): Readonly<Record<string, unknown>> {
  const { id, compartmentId, displayName, freeformTags: _free, definedTags: _defined, timeCreated } = instance.toJson();
  return {
    id,
    compartmentId,
    displayName,
    timeCreated,
    instancePoolId: pool.id,
    instanceConfigurationId: pool.configurationId,
    availabilityDomain: instance.plan.availabilityDomain,
    faultDomain: instance.faultDomain,
    region: instance.region,
    shape: instance.plan.shape.shape,
    state: POOL_WORDS[instance.state],
    lifecycleState: "ACTIVE",
    loadBalancerBackends: [],
  };
}
