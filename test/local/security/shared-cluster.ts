import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll } from "vitest";

import type { LocalCluster } from "../../../providers/local/index.ts";
import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { expectNothingLeft } from "../../support/local-state.ts";
import { daskPython } from "../../support/python.ts";

export interface SharedCluster<Cluster extends ClusterManager = LocalCluster> {
  readonly cluster: () => Cluster;
  /** A temporary directory of this describe. It contains the state directory. */
  readonly base: () => string;
}

/**
 * One running cluster for all tests of a file or describe, with its own state directory. It must close without leaving a process
 * or a file.
 */
export function sharedCluster<Cluster extends ClusterManager>(make: (base: string) => Cluster): SharedCluster<Cluster> {
  let base = "";
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), "dask-fleet-test-"));
    process.env["XDG_STATE_HOME"] = base;
    process.env["DASK_FLEET_PYTHON"] = daskPython();
    cluster = make(base);
    await cluster.start();
  });
  afterAll(async () => {
    try {
      await cluster?.close();
      await expectNothingLeft(base);
    } finally {
      delete process.env["XDG_STATE_HOME"];
      await rm(base, { recursive: true, force: true });
    }
  });
  return {
    base: () => base,
    cluster: () => {
      if (cluster === undefined) throw new Error("The cluster did not start.");
      return cluster;
    },
  };
}
