import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, vi } from "vitest";

import type { HttpCloud } from "../../packages/simulated-clouds/src/core/http-cloud.ts";
import type { VmOptions } from "../../src/cloud/cloud-options.ts";
import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { machineProcesses } from "../support/local-state.ts";
import { daskPython } from "../support/python.ts";

export interface Cloud extends HttpCloud {
  environment(): Readonly<Record<string, string>>;
  leftovers(clusterName: string): readonly unknown[];
}

export interface RealDask<SimulatedCloud extends Cloud> {
  /** Its word on the command line. */
  readonly command: string;
  /** The provider's section in the names of variables, such as `EC2`. */
  readonly section: string;
  /** A cloud with its machines' disks in that directory. */
  readonly open: (directory: string) => Promise<SimulatedCloud>;
  /** With these options alone: everything else is discovered as the cloud's own tools do. */
  readonly cluster: (options: VmOptions) => ClusterManager;
  /** The workers' node names, as the cloud knows them. */
  readonly workersOf: (cloud: SimulatedCloud) => readonly string[];
}

/** Works with a simulated cloud whose machines run real Dask. Environment variables lead every cluster to it. */
export async function onRealDask<SimulatedCloud extends Cloud>(
  { section, open }: Pick<RealDask<SimulatedCloud>, "section" | "open">,
  work: (cloud: SimulatedCloud, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-real-dask-"));
  try {
    await using cloud = await open(directory);
    // The machines are processes of this computer, which need no Docker.
    const machines = { RUNTIME: "native", PYTHON: daskPython(), BOOTSTRAP: "False", POLL_INTERVAL_MS: "100" };
    // Nobody looks at a worker's dashboard here.
    const options = { SCHEDULER_OPTIONS: "{'dashboard': False}", WORKER_OPTIONS: "{'dashboard': False}" };
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    for (const [name, value] of Object.entries({ ...machines, ...options }))
      vi.stubEnv(`DASK_CLOUDPROVIDER__${section}__${name}`, value);
    await work(cloud, directory);
    expect(cloud.violations).toEqual([]);
    expect(await machineProcesses(directory)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
