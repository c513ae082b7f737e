import { conflict, incorrectState, invalid, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { createConfiguration, createPool, detachInstance, updatePool } from "../bodies/pool.ts";
import { checkDomains, readMetadata } from "../checks/launch.ts";
import { checkCompartment, checkNamed } from "../checks/names.ts";
import { InstanceConfiguration, InstancePool, memberJson } from "../state/instance-pool.ts";
import { terminate } from "../state/launch.ts";
import { made } from "../state/make-networks.ts";
import { runPool } from "../state/run-pool.ts";
import {
  type Call,
  checkMatch,
  compartmentOf,
  filtered,
  listOf,
  type Method,
  NO_CONTENT,
  once,
  part,
  query,
  reply,
  resourceReply,
} from "./call.ts";

function configurationOf(call: Call): InstanceConfiguration {
  return call.account.configurations.get(part(call, "instanceConfigurationId"));
}

function poolOf(call: Call): InstancePool {
  return call.account.pools.get(part(call, "instancePoolId"));
}

/** One that takes changes now: not while it makes an earlier one come true. */
function idlePool(call: Call): InstancePool {
  const pool = poolOf(call);
  checkMatch(call, pool);
  if (pool.state === "TERMINATED") throw notFound();
  if (pool.state !== "RUNNING") throw incorrectState(`Instance pool ${pool.id} is in state ${pool.state}`);
  return pool;
}

export const POOLS = {
  CreateInstanceConfiguration: (call) => {
    const { account, request } = call;
    const body = parsed(createConfiguration, request);
    const { launchDetails = {} } = body.instanceDetails;
    checkCompartment(account, body.compartmentId);
    checkNamed(account, body);
    checkNamed(account, launchDetails);
    readMetadata(launchDetails);
    if (launchDetails.preemptibleInstanceConfig !== undefined) {
      throw invalid("Preemptible instances are not supported in instance configurations");
    }
    const configuration = once(
      call,
      () => {
        const parts = made(account, body, "instanceconfiguration");
        return account.configurations.put(new InstanceConfiguration(parts, body.instanceDetails));
      },
      (id) => account.configurations.find(id),
    );
    return resourceReply(configuration);
  },
  ListInstanceConfigurations: (call) => {
    const { configurations } = call.account;
    const shown = filtered(call, configurations.listed(compartmentOf(call)), []);
    return listOf(
      call,
      shown.map((each) => ({ key: each.id, json: () => each.toSummary() })),
    );
  },
  GetInstanceConfiguration: (call) => resourceReply(configurationOf(call)),
  DeleteInstanceConfiguration: (call) => {
    const { account } = call;
    const configuration = configurationOf(call);
    checkMatch(call, configuration);
    const pool = account.pools.all.find(
      ({ configurationId, terminatedAt }) => configurationId === configuration.id && terminatedAt === undefined,
    );
    if (pool !== undefined) {
      throw conflict(`The Instance Configuration ${configuration.id} is associated to one or more Instance Pools.`);
    }
    account.configurations.delete(configuration);
    return NO_CONTENT;
  },
  CreateInstancePool: (call) => {
    const { account, request } = call;
    const body = parsed(createPool, request);
    checkCompartment(account, body.compartmentId);
    checkNamed(account, body);
    account.configurations.get(body.instanceConfigurationId);
    for (const { availabilityDomain, faultDomains = [], primarySubnetId } of body.placementConfigurations) {
      if (!account.availabilityDomains.includes(availabilityDomain)) {
        throw invalid(`Invalid availability domain found in placement configuration, ${availabilityDomain}`);
      }
      for (const faultDomain of faultDomains) checkDomains(account, { availabilityDomain, faultDomain });
      if (primarySubnetId !== undefined) account.subnets.get(primarySubnetId);
    }
    const pool = once(
      call,
      () => {
        const begun = account.pools.put(new InstancePool(made(account, body, "instancepool"), body));
        runPool(account, begun);
        return begun;
      },
      (id) => account.pools.find(id),
    );
    return resourceReply(pool);
  },
  ListInstancePools: (call) => {
    const pools = filtered(call, call.account.pools.listed(compartmentOf(call)), ["displayName", "lifecycleState"]);
    return listOf(
      call,
      pools.map((pool) => ({ key: pool.id, json: () => pool.toSummary() })),
    );
  },
  GetInstancePool: (call) => resourceReply(poolOf(call)),
  UpdateInstancePool: (call) => {
    const { account, request } = call;
    const { size, instanceConfigurationId, ...named } = parsed(updatePool, request);
    checkNamed(account, named);
    const pool = idlePool(call);
    if (instanceConfigurationId !== undefined) account.configurations.get(instanceConfigurationId);
    pool.configurationId = instanceConfigurationId ?? pool.configurationId;
    if (size !== undefined && size !== pool.size) pool.state = "SCALING";
    pool.size = size ?? pool.size;
    pool.rename(named);
    return resourceReply(pool);
  },
  TerminateInstancePool: (call) => {
    const pool = poolOf(call);
    checkMatch(call, pool);
    if (pool.state === "TERMINATED") throw notFound();
    if (pool.state === "TERMINATING") throw incorrectState(`Instance pool ${pool.id} is in state TERMINATING`);
    pool.state = "TERMINATING";
    pool.touch();
    return NO_CONTENT;
  },
  ListInstancePoolInstances: (call) => {
    compartmentOf(call);
    const pool = poolOf(call);
    const name = query(call, "displayName");
    const members = pool.members.filter(({ displayName }) => (name ?? displayName) === displayName);
    return listOf(
      call,
      members.map((member) => ({ key: member.id, json: () => memberJson(pool, member) })),
    );
  },
  GetInstancePoolInstance: (call) => {
    const pool = poolOf(call);
    const member = pool.members.find(({ id }) => id === part(call, "instanceId"));
    if (member === undefined) throw notFound();
    return reply(memberJson(pool, member), { etag: member.etag });
  },
  DetachInstancePoolInstance: (call) => {
    const body = parsed(detachInstance, call.request);
    const pool = idlePool(call);
    const member = pool.members.find(({ id }) => id === body.instanceId);
    if (member === undefined) throw notFound();
    pool.members = pool.members.filter((each) => each !== member);
    if (body.isDecrementSize ?? true) pool.size -= 1;
    // What is only detached stays, and costs money.
    if (body.isAutoTerminate ?? false) terminate(member);
    pool.state = "SCALING";
    pool.touch();
    return NO_CONTENT;
  },
} as const satisfies Readonly<Record<string, Method>>;
