import { DEFAULT_DOCKER_IMAGE } from "../../bootstrap/node-spec.ts";
import type { PlannedMachines } from "../../provider/plan.ts";
import type { MachineRole } from "../../provider/role.ts";
import { type ClusterSpec, LONGEST_HOST } from "../cluster-spec.ts";
import { refuseStrangers } from "../secrets/refuse-strangers.ts";
import { type LaunchInput, specifyCluster } from "../start/launch.ts";
import type { ClusterPlan, PlannedNodes, PlannedSecurity } from "./cluster-plan.ts";
import { plannedSecrets } from "./planned-secrets.ts";

type PlanInput = Pick<LaunchInput, "clusterName" | "clusterId" | "providerName" | "options" | "verbs">;
type Verbs = LaunchInput["verbs"];

/**
 * What a start with these options would create. Creates nothing.
 *
 * @param look whether read-only calls may resolve what only the cloud knows
 * @throws DaskFleetError as a start that fails before it creates anything
 */
export async function planCluster(input: PlanInput, look: boolean, signal: AbortSignal): Promise<ClusterPlan> {
  const { clusterName, providerName, options } = input;
  let planned: readonly PlannedMachines[] = [];
  const verbs = withGpus(input.verbs, (role, group) =>
    planned.some((each) => each.gpu !== undefined && each.role === role && each.group === group),
  );
  refuseStrangers(options, verbs);
  const spec = specifyCluster({ ...input, verbs });
  const { tags } = spec.prepareRequest();
  const isNamed = options.name !== undefined;
  const plan = await verbs.plan({ tags, groups: spec.groups, look, isNamed }, signal);
  planned = plan.machines;
  const { where, place, resources, access, calls, atTheEnd, costs } = plan;
  const { idleTimeoutMs, noClientTimeoutMs, maxLifetimeMs, closeOnExit } = options;
  return {
    name: clusterName,
    nameIsDrawn: !isNamed,
    provider: providerName,
    looked: look,
    where,
    place,
    machines: planned.map((machines) => asNodes(machines, spec, verbs)),
    resources,
    userDataLimitBytes: verbs.capabilities.userDataLimitBytes,
    access,
    security: securityOf(spec),
    secrets: plannedSecrets(options, verbs),
    ends: { idleTimeoutMs, noClientTimeoutMs, maxLifetimeMs, closeOnExit, afterwards: atTheEnd, costs },
    calls,
    tags,
  };
}

/** As a start would tell machines with GPUs: a provider knows them only once it is prepared. */
function withGpus(verbs: Verbs, hasGpu: (role: MachineRole, group: string | undefined) => boolean): Verbs {
  const nodeExtras: Verbs["nodeExtras"] = (role, question) => {
    const extras = verbs.nodeExtras(role, question);
    return hasGpu(role, question?.group?.name) ? { ...extras, gpu: true } : extras;
  };
  return { ...verbs, nodeExtras };
}

function asNodes(machines: PlannedMachines, spec: ClusterSpec, verbs: Verbs): PlannedNodes {
  const { role, group } = machines;
  const { runtime = "docker", dockerImage = DEFAULT_DOCKER_IMAGE } = verbs.nodeExtras(role, {
    group: group === undefined ? undefined : spec.group(group),
  });
  return {
    ...machines,
    runtime: { kind: runtime, image: runtime === "docker" ? dockerImage : undefined },
    runsWorkers: role === "scheduler" && spec.options.singleNode,
    userDataBytes: spec.userData(role, LONGEST_HOST, { group }).sentBytes,
  };
}

function securityOf({ security }: ClusterSpec): PlannedSecurity {
  if (security === undefined) return { certificates: "none", notAfter: undefined, delivery: undefined };
  const { isTemporary, knownNotAfter: notAfter, delivery } = security;
  return isTemporary
    ? { certificates: "temporary", notAfter, delivery }
    : { certificates: "own", notAfter, delivery: undefined };
}
