// A user's program, to be bundled: what it starts must work from the bundle alone. The check's own entry gives it the clusters of
// clouds whose SDKs are there, and one whose SDK is not.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { DaskFleetError } from "dask-fleet";
import { LocalCluster } from "dask-fleet/local";

/** As the check has opened them: the options that lead to each simulated cloud. */
const { clouds } = JSON.parse(process.env.DASK_FLEET_CHECK ?? "{}");

/**
 * @param classes by the names of the simulated clouds
 * @param lacking the one whose SDK is not there, and the package that has it
 */
export async function life(classes, { Cluster, options, sdk }) {
  const done = [];
  for (const [name, CloudCluster] of Object.entries(classes)) {
    const { token, ...place } = clouds[name];
    const credential = token === undefined ? {} : { credential: { getToken: async () => token } };
    await onPaper(new CloudCluster({ ...place, ...credential }));
    done.push(name);
  }
  await assert.rejects(new Cluster(options).start(), (error) => {
    assert.equal(error.code, "SDK_MISSING", error);
    assert.match(error.message, new RegExp(`needs the package ${sdk}: .* (?:install|add) "(?:npm:)?${sdk}@`));
    assert.ok(error instanceof DaskFleetError);
    return true;
  });
  await withDask();
  console.log(`clusters: ${[...done, "local"].join(", ")}`);
}

/** The whole life of a cluster on a simulated cloud, whose machines are on paper. */
async function onPaper(cluster) {
  assert.match(cluster.previewStartupScript("scheduler"), /start-node\.sh/);
  await cluster.start();
  try {
    assert.equal((await cluster.workers()).length, 1);
  } finally {
    await cluster.close();
  }
}

/** Real Dask: a computation, its ends, and an error that Node.js itself throws. */
async function withDask() {
  const cluster = await new LocalCluster({ nWorkers: 1 }).start();
  try {
    const code = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
    assert.equal(await cluster.run("python", ["-c", code]), 0);
  } finally {
    await cluster.close();
  }
  assert.equal(existsSync(cluster.stateDirectory), false);
  await assert.rejects(cluster.scale(1), DaskFleetError);
  await assert.rejects(new LocalCluster({ python: "/nowhere/python" }).start(), { code: "PYTHON_UNSUITABLE" });
}
