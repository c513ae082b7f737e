import { NotUnderstood } from "../../core/http-cloud.ts";
import { alreadyExists, conditionNotMet, invalidField, notFound, requiredField } from "../api-error.ts";
import { ZONES } from "../catalog/zones.ts";
import { checkInstance } from "../checks/instance.ts";
import type { Asked } from "../checks/machine.ts";
import { checkLabels, checkName } from "../checks/names.ts";
import { aggregatedAnswer, type Listed } from "../pages.ts";
import type { ApiCall } from "../parse-request.ts";
import type { InstanceInput } from "../resources.ts";
import type { Account } from "../state/account.ts";
import { roomFor, stockoutError } from "../state/capacity.ts";
import type { Operation } from "../state/operations.ts";
import { assertAllowed } from "../state/policies.ts";
import { quotaError, quotaFor, quotaRefusal } from "../state/quota.ts";
import type { VmPlan } from "../state/vm-plan.ts";
import { type Vm, vmPath } from "../state/vm.ts";
import { given, listing, type Methods, pageOptions } from "./method.ts";

export const instanceMethods: Methods = {
  "instances.insert": insert,
  "instances.get": (account, call) => vmOf(account, call).toJson(),
  "instances.list": listing("Instance", ({ vms }, call) => listed(vms.in(given(call, "zone")), given(call, "project"))),
  "instances.aggregatedList": (account, call) => {
    const all = listed(account.vms.all, given(call, "project"));
    const places = ZONES.map((zone) => `zones/${zone}`);
    return aggregatedAnswer(call, all, places, "instances", pageOptions(account, "Instance"));
  },
  "instances.delete": remove,
  "instances.stop": stop,
  "instances.setLabels": setLabels,
  "instances.getSerialPortOutput": serialPortOutput,
};

function insert(account: Account, call: ApiCall): Operation {
  if (given(call, "sourceInstanceTemplate") !== "" || given(call, "sourceMachineImage") !== "") {
    throw new NotUnderstood("not simulated: instance templates and machine images");
  }
  const input = call.body as InstanceInput;
  const asked: Asked = { project: given(call, "project"), zone: given(call, "zone"), bulk: false, field: "resource" };
  if (input.name === undefined) throw requiredField("resource.name");
  const name = checkName("resource.name", input.name);
  const path = vmPath(asked, name);
  const plan = checkInstance(account, asked, input);
  needToCreate(account, path, plan);
  assertAllowed(account.policies, plan, path);
  if (account.vms.get(path) !== undefined) throw alreadyExists(path);
  for (const disk of plan.disks) {
    const diskPath = `projects/${asked.project}/zones/${asked.zone}/disks/${disk.name ?? name}`;
    if (account.vms.disk(diskPath) !== undefined) throw alreadyExists(diskPath);
  }
  const begun = {
    scope: { project: asked.project, zone: asked.zone },
    type: "insert",
    target: path,
    requestId: call.parameters["requestId"],
    warnings: plan.warnings,
  };
  const quota = quotaFor(account, plan);
  if (quota.vms < 1) {
    if (account.options.quotaRefusedIn === "reply") throw quotaRefusal(quota);
    return account.operations.run(begun, account.operationMs, () => [quotaError(quota)]);
  }
  const room = roomFor(account.capacity, account.vms.all, plan);
  if (room.vms < 1) return account.operations.run(begun, account.operationMs, () => [stockoutError(plan, room.code)]);
  const refused = account.refusals.inOperation("instances.insert", path);
  if (refused !== undefined) return account.operations.run(begun, account.operationMs, () => [refused]);
  const vm = account.vms.create(plan, name);
  return account.operations.run({ ...begun, targetId: vm.id }, account.operationMs, () => undefined);
}

/** What a caller must be allowed to, in order to create a VM like that. */
export function needToCreate({ permissions }: Account, path: string, plan: VmPlan): void {
  const { input, subnetwork, accessConfig, disks } = plan;
  permissions.need("compute.instances.create", path);
  for (const disk of disks) {
    permissions.need("compute.disks.create", path.replace("/instances/", "/disks/"));
    const { image } = disk;
    if (image?.project === plan.project) {
      permissions.need("compute.images.useReadOnly", `projects/${image.project}/global/images/${image.name}`);
    }
  }
  permissions.need("compute.subnetworks.use", subnetwork.path);
  if (accessConfig !== undefined) permissions.need("compute.subnetworks.useExternalIp", subnetwork.path);
  if ((input.metadata?.items ?? []).length > 0) permissions.need("compute.instances.setMetadata", path);
  if (Object.keys(input.labels ?? {}).length > 0) permissions.need("compute.instances.setLabels", path);
  if (plan.tags.length > 0) permissions.need("compute.instances.setTags", path);
  if ((input.serviceAccounts ?? []).length > 0) {
    permissions.need("compute.instances.setServiceAccount", path);
    permissions.need(
      "iam.serviceAccounts.actAs",
      `projects/${plan.project}/serviceAccounts/${input.serviceAccounts?.[0]?.email}`,
    );
  }
}

function vmOf({ vms }: Account, call: ApiCall): Vm {
  const path = vmPath({ project: given(call, "project"), zone: given(call, "zone") }, given(call, "instance"));
  const vm = vms.get(path);
  if (vm === undefined) throw notFound(path);
  return vm;
}

function listed(vms: readonly Vm[], project: string): readonly Listed[] {
  return vms
    .filter((vm) => vm.machine.visible && vm.plan.project === project)
    .map((vm) => ({ place: `zones/${vm.plan.zone}`, name: vm.name, json: vm.toJson() }));
}

function remove(account: Account, call: ApiCall): Operation {
  const vm = vmOf(account, call);
  const { input, project, zone } = vm.plan;
  if (input.deletionProtection === true) {
    const why = `Resource cannot be deleted if it's protected against deletion. 'projects/${project}/zones/${zone}/instances/${vm.name}'`;
    throw invalidField("instance", vm.name, why);
  }
  const second = vm.deleting;
  const operation = begin(account, call, vm, "delete");
  const refused = account.refusals.inOperation("instances.delete", vm.path);
  if (refused !== undefined) {
    account.clock.after(account.operationMs, () => operation.finish([refused]));
    return operation;
  }
  vm.destroy();
  void vm.gone.then(() => operation.finish(second ? [goneAlready(vm)] : []));
  return operation;
}

/** A delete that had to wait for another one finds nothing to do. */
function goneAlready({ path }: Vm): { code: string; message: string; httpStatus: number; httpMessage: string } {
  const message = `The resource '${path}' was not found`;
  return { code: "RESOURCE_NOT_FOUND", message, httpStatus: 404, httpMessage: "NOT FOUND" };
}

function stop(account: Account, call: ApiCall): Operation {
  const vm = vmOf(account, call);
  const operation = begin(account, call, vm, "stop");
  vm.stop();
  void Promise.race([vm.stopped(), vm.gone]).then(() => operation.finish());
  return operation;
}

function begin(account: Account, call: ApiCall, { plan, path, id }: Vm, type: string): Operation {
  const { project, zone } = plan;
  const requestId = call.parameters["requestId"];
  return account.operations.begin({ scope: { project, zone }, type, target: path, targetId: id, requestId });
}

function setLabels(account: Account, call: ApiCall): Operation {
  const vm = vmOf(account, call);
  const { labels = {}, labelFingerprint } = call.body as { labels?: Record<string, string>; labelFingerprint?: string };
  if (labelFingerprint !== vm.labelFingerprint) {
    throw conditionNotMet("Labels fingerprint either invalid or resource labels have changed");
  }
  checkLabels("labels", labels);
  vm.labels = labels;
  const operation = begin(account, call, vm, "setLabels");
  account.clock.after(account.operationMs, () => operation.finish());
  return operation;
}

async function serialPortOutput(account: Account, call: ApiCall): Promise<Record<string, unknown>> {
  const vm = vmOf(account, call);
  const port = Number(call.parameters["port"] ?? 1);
  if (port < 1 || port > 4) throw invalidField("port", String(port), "It must be between 1 and 4.");
  const printed = port === 1 ? Buffer.from(await vm.machine.console()) : Buffer.alloc(0);
  const asked = Number(call.parameters["start"] ?? 0);
  const start = asked < 0 ? Math.max(0, printed.length + asked) : Math.min(asked, printed.length);
  return {
    kind: "compute#serialPortOutput",
    contents: printed.subarray(start).toString(),
    start: String(start),
    next: String(printed.length),
  };
}
