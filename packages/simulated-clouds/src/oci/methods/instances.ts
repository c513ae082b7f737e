import { NotUnderstood } from "../../core/http-cloud.ts";
import { beingModified, incorrectState, invalid, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { launchInstance, updateInstance } from "../bodies/instance.ts";
import { readLaunch } from "../checks/launch.ts";
import { checkNamed } from "../checks/names.ts";
import type { Instance } from "../state/instance.ts";
import { launch, terminate } from "../state/launch.ts";
import {
  type Call,
  checkMatch,
  compartmentOf,
  filtered,
  flag,
  list,
  type Method,
  once,
  part,
  query,
  resourceReply,
} from "./call.ts";

/** Its work request, as a header. */
function workRequest({ workRequestId }: Instance): Readonly<Record<string, string>> {
  return { "opc-work-request-id": workRequestId };
}

function instanceOf(call: Call): Instance {
  return call.account.instances.get(part(call, "instanceId"));
}

/** One that is there and not on its way out. */
function livingInstance(call: Call): Instance {
  const instance = instanceOf(call);
  checkMatch(call, instance);
  if (instance.state === "TERMINATED") throw notFound();
  if (instance.state === "TERMINATING") throw beingModified("instance", instance.id);
  return instance;
}

function notTerminated(instance: Instance | undefined): Instance | undefined {
  return instance?.terminatedAt === undefined ? instance : undefined;
}

export const INSTANCES = {
  LaunchInstance: (call) => {
    const { account, request } = call;
    const body = parsed(launchInstance, request);
    const instance = once(
      call,
      () => launch(account, readLaunch(account, body)),
      (id) => notTerminated(account.instances.find(id)),
    );
    return resourceReply(instance, workRequest(instance));
  },
  ListInstances: (call) => {
    const instances = call.account.instances.listed(compartmentOf(call));
    return list(call, filtered(call, instances, ["availabilityDomain", "displayName", "lifecycleState"]));
  },
  GetInstance: (call) => resourceReply(instanceOf(call)),
  UpdateInstance: (call) => {
    const body = parsed(updateInstance, call.request);
    checkNamed(call.account, body);
    const instance = livingInstance(call);
    instance.rename(body);
    return resourceReply(instance);
  },
  TerminateInstance: (call) => {
    const instance = livingInstance(call);
    if (instance.state === "PROVISIONING" && call.account.youngTerminations === "refused") {
      throw beingModified("instance", instance.id);
    }
    terminate(instance, { preservesVolume: flag(call, "preserveBootVolume") });
    return { status: 204, headers: workRequest(instance) };
  },
  InstanceAction: (call) => {
    const action = query(call, "action") ?? "";
    if (action !== "STOP" && action !== "SOFTSTOP") throw new NotUnderstood(`action=${action} is not simulated`);
    const instance = livingInstance(call);
    if (instance.plan.preemptible) throw invalid(`Action ${action} is not supported for preemptible instances`);
    if (instance.state !== "RUNNING") {
      throw incorrectState(`Instance ${instance.id} is in state ${instance.state}: it must be RUNNING for ${action}`);
    }
    instance.machine?.stop();
    instance.touch();
    return resourceReply(instance);
  },
} as const satisfies Readonly<Record<string, Method>>;
