import type { TerminateInstancesRequest, TerminateInstancesResult } from "@aws-sdk/client-ec2";

import { Ec2Error, missing } from "../errors.ts";
import { terminate } from "../launch/ending.ts";
import { type Ec2Instance, STATE_CODES, USER_INITIATED } from "../state/instance.ts";
import type { Call } from "./call.ts";

export function terminateInstances(call: Call<TerminateInstancesRequest>): TerminateInstancesResult {
  const { account, input } = call;
  const ids = input.InstanceIds ?? [];
  if (ids.length === 0) throw missing("InstanceId");
  const instances = account.instances.demand(ids, { lagging: account.lagging });
  // Machines here end at once, however they are asked to.
  void [input.Force, input.SkipOsShutdown];
  const isProtected = (instance: Ec2Instance): boolean =>
    instance.plan.terminationProtection && instance.state !== "terminated";
  const safeZones = new Set(instances.filter((instance) => isProtected(instance)).map(({ zone }) => zone));
  const ending = instances.filter(({ zone }) => !safeZones.has(zone));
  call.begin();
  const changes = ending.map((instance) => {
    const before = instance.state;
    if (before !== "terminated") terminate(account, instance, USER_INITIATED);
    return { instance, before };
  });
  const kept = instances.find((instance) => isProtected(instance));
  if (kept !== undefined) {
    throw new Ec2Error(
      "OperationNotPermitted",
      `The instance '${kept.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    );
  }
  return {
    TerminatingInstances: changes.map(({ instance, before }) => ({
      InstanceId: instance.id,
      PreviousState: { Name: before, Code: STATE_CODES[before] },
      CurrentState: { Name: instance.state, Code: STATE_CODES[instance.state] },
    })),
  };
}
