import { NotUnderstood } from "../../core/http-cloud.ts";
import { invalidField } from "../api-error.ts";
import { machineTypeIn } from "../catalog/machine-types.ts";
import { zonesOf } from "../catalog/zones.ts";
import { type BulkInput, checkCounts, type LocationPolicyInput } from "../checks/bulk.ts";
import { checkInstance } from "../checks/instance.ts";
import { type Scope, scopePath } from "../links.ts";
import type { ApiCall } from "../parse-request.ts";
import type { Account } from "../state/account.ts";
import { BulkRun } from "../state/bulk-run.ts";
import { roomFor, stockoutRefusal } from "../state/capacity.ts";
import type { Operation } from "../state/operations.ts";
import { quotaFor, quotaRefusal } from "../state/quota.ts";
import { rateLimitExceeded } from "../state/rate-limits.ts";
import type { VmPlan } from "../state/vm-plan.ts";
import { vmPath } from "../state/vm.ts";
import { needToCreate } from "./instances.ts";
import { given, type Methods } from "./method.ts";

const MOST_AT_ONCE = 10;

export const bulkInsertMethods: Methods = {
  "instances.bulkInsert": (account, call) => {
    if ((call.body as BulkInput).locationPolicy !== undefined) {
      throw invalidField("resource.locationPolicy", "", "It can be specified for a region only.");
    }
    return bulkInsert(account, call, [given(call, "zone")]);
  },
  "regionInstances.bulkInsert": (account, call) => {
    const region = given(call, "region");
    return bulkInsert(account, call, allowedZones(region, (call.body as BulkInput).locationPolicy));
  },
};

function bulkInsert(account: Account, call: ApiCall, zones: readonly string[]): Operation {
  const { operations, vms } = account;
  const project = given(call, "project");
  const input = call.body as BulkInput;
  const nearby = vms.all.filter((vm) => vm.plan.project === project && zones.includes(vm.plan.zone));
  const namesInUse = nearby.map(({ name }) => name);
  const { names, minCount, properties } = checkCounts(input, namesInUse);
  const plans = zones
    .filter((zone) => zones.length === 1 || machineTypeIn(zone, properties.machineType ?? "") !== undefined)
    .map((zone) => {
      const field = "resource.instanceProperties";
      return checkInstance(account, { project, zone, bulk: true, field }, properties);
    });
  const plan = roomiest(account, plans);
  if (plan === undefined) {
    throw invalidField(
      "resource.instanceProperties.machineType",
      properties.machineType,
      "No zone of the region has it.",
    );
  }
  needToCreate(account, vmPath(plan, names[0]?.name ?? ""), plan);
  const running = operations.all.filter(({ input: { type }, done }) => type === "bulkInsert" && !done);
  if (running.length >= MOST_AT_ONCE && account.options.throttling !== false) {
    throw rateLimitExceeded("BulkInsertConcurrentOperations", project);
  }
  refuseAtOnce(account, plan, minCount);
  const region = call.parameters["region"];
  const scope: Scope = region === undefined ? { project, zone: plan.zone } : { project, region };
  return new BulkRun(account, {
    plan,
    names,
    minCount,
    scope,
    target: `${scopePath(scope)}/instances`,
    requestId: call.parameters["requestId"],
  }).begin();
}

/** What cannot come true is refused before anything begins. */
function refuseAtOnce(account: Account, plan: VmPlan, minCount: number): void {
  const quota = quotaFor(account, plan);
  if (quota.vms < minCount) throw quotaRefusal(quota);
  const room = roomFor(account.capacity, account.vms.all, plan);
  if (account.options.capacityRefusedIn === "reply" && room.vms < minCount) throw stockoutRefusal(plan);
}

function roomiest(account: Account, plans: readonly VmPlan[]): VmPlan | undefined {
  const rooms = plans.map((plan) => ({ plan, vms: roomFor(account.capacity, account.vms.all, plan).vms }));
  const most = Math.max(...rooms.map(({ vms }) => vms));
  return rooms.find(({ vms }) => vms === most)?.plan;
}

function allowedZones(region: string, policy: LocationPolicyInput = {}): readonly string[] {
  const { locations = {}, targetShape = "ANY_SINGLE_ZONE", zones: listed = [] } = policy;
  if (targetShape !== "ANY_SINGLE_ZONE" || listed.length > 0) {
    throw new NotUnderstood("not simulated: VMs of one bulkInsert in several zones");
  }
  const asked = Object.entries(locations).map(([place, { preference }]) => [place.replace("zones/", ""), preference]);
  for (const [zone = ""] of asked) {
    if (!zonesOf(region).includes(zone)) {
      throw invalidField("resource.locationPolicy.locations", zone, `It is not a zone of '${region}'.`);
    }
  }
  const named = (wanted: string): readonly (string | undefined)[] =>
    asked.filter(([, preference]) => preference === wanted).map(([zone]) => zone);
  const allowed = named("ALLOW");
  return zonesOf(region).filter(
    (zone) => !named("DENY").includes(zone) && (allowed.length === 0 || allowed.includes(zone)),
  );
}
