import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { PlannedMachines, PlanRequest, ProviderPlan } from "../../../src/provider/plan.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { machineTags } from "../../../src/provider/tags.ts";
import { stateDirectory } from "../../../src/state/state-directory.ts";
import { machineName } from "../machines/local-machine.ts";
import type { ResolvedLocalOptions } from "../options/schema.ts";
import { ownPython } from "../python/pythons.ts";

/** Processes on this computer. */
export function planLocal(
  { name }: ClusterIdentity,
  { tags, groups }: PlanRequest,
  { schedulerPort, python }: ResolvedLocalOptions,
): ProviderPlan {
  const machines = (role: MachineRole, group: string | undefined, count: number): PlannedMachines => ({
    role,
    group,
    count,
    name: machineName(name, role, "*"),
    types: [],
    markets: [],
    publicAddress: false,
    tags: machineTags(tags, role, group),
  });
  const { scheduler, gate, dashboard } = DEFAULT_NODE_PORTS;
  const ports = [schedulerPort ?? scheduler, gate];
  return {
    where: "on this computer",
    place: [
      { name: "computer", value: "this one: each machine is a group of processes" },
      { name: "addresses", value: "of 127.0.0.0/8, one for each machine; 127.0.0.1 for all where there are no others" },
      {
        name: "ports",
        value: `${schedulerPort ?? `${scheduler}, or a free one`} (Dask); ${gate} (dashboard's gate) and ${dashboard} (dashboard), or free ones`,
      },
      { name: "directory", value: stateDirectory(name) },
      { name: "Python", value: python ?? "the first with `distributed`, looked up at the start" },
      ...groups.flatMap((group) => {
        const own = ownPython(group);
        return own === undefined ? [] : [{ name: `Python of ${group.name}`, value: own }];
      }),
    ],
    machines: [machines("scheduler", undefined, 1), ...groups.map((each) => machines("worker", each.name, each.size))],
    resources: [],
    access: {
      firewall: undefined,
      doors: [{ to: "scheduler", protocol: "tcp", ports, from: ["this computer"] }],
      inside: "loopback only",
    },
    atTheEnd: "Processes end. They also end with the program that started them.",
  };
}
