import type { MachineInput } from "@dask-fleet/simulated-clouds";

import type { World } from "./world.ts";

export const [SOMEBODY, SOMEBODY_ELSE] = ["203.0.113.9", "198.51.100.7"] as const;
/** Dask's, the dashboard's, its gate's, and one that a worker may have. Others are the network's own affair. */
export const PORTS: readonly number[] = [8786, 8787, 8788, 41_234];

/** Tells at which ports the firewall lets somebody reach a machine. */
export function watchDoors(
  world: World,
): (machine: { readonly privateAddress: string } | undefined, from?: string) => number[] {
  const booted: MachineInput[] = [];
  world.cloud.cloud.paper.dud = (machine) => {
    booted.push(machine);
    return undefined;
  };
  return (machine, from = SOMEBODY) => {
    const input = booted.findLast(({ privateAddress }) => privateAddress === machine?.privateAddress);
    if (input === undefined) throw new Error("That machine has not booted");
    return PORTS.filter((port) => input.admits(from, port));
  };
}
