import { throwRejected } from "../../src/vm/combined-error.ts";
import type { AbandonedOperations } from "./abandoned.ts";
import type { ComputeApi } from "./client.ts";
import { findStrayDisks, removeDisk } from "./disks.ts";
import { removeRule, rulesOf } from "./firewall.ts";
import { projectOf } from "./network.ts";
import type { ResolvedGcpOptions } from "./resolved-options.ts";

interface ReleaseInput {
  readonly clusterName: string;
  readonly options: ResolvedGcpOptions;
  readonly abandoned: AbandonedOperations;
}

/**
 * Removes what a cluster's machines leave behind: the firewall rules and, where one has outlived its machine, a disk. They are
 * found by their labels and descriptions; what fails with one does not keep the others.
 *
 * @throws DaskFleetError while something may still be made by a call that was given up
 */
export async function release(
  api: ComputeApi,
  { clusterName, options, abandoned }: ReleaseInput,
  signal: AbortSignal,
): Promise<void> {
  await abandoned.settle(api, signal);
  const project = projectOf(api, options);
  const [rules, disks] = await Promise.all([
    options.createFirewall ? rulesOf(api, project, clusterName, signal) : [],
    findStrayDisks(api, clusterName, signal),
  ]);
  throwRejected(
    await Promise.allSettled([
      ...rules.map((name) => removeRule(api, project, name, signal)),
      ...disks.map(({ id }) => removeDisk(api, id, signal)),
    ]),
  );
}
