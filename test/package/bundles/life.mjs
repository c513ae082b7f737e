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

/** Opens the dashboard as a browser does, with its WebSocket, and as one who has not its key. */
async function look({ url, close }) {
  const page = new URL("/status", url);
  assert.equal((await fetch(page)).status, 403);
  const entry = await fetch(url, { redirect: "manual" });
  assert.equal(new URL(entry.headers.get("location"), url).href, page.href);
  const headers = { cookie: entry.headers.get("set-cookie").split(";")[0], origin: page.origin };
  const token = /"token":"([\w.-]+)"/.exec(await (await fetch(page, { headers })).text())[1];
  const socket = new WebSocket(`${page.href.replace("http:", "ws:")}/ws`, { protocols: ["bokeh", token], headers });
  const first = await new Promise((resolve, reject) => {
    socket.addEventListener("message", ({ data }) => resolve(data));
    socket.addEventListener("close", () => reject(new Error("The dashboard closed its WebSocket.")));
  });
  assert.equal(JSON.parse(first).msgtype, "ACK");
  const closed = new Promise((resolve) => {
    socket.addEventListener("close", resolve);
  });
  await close();
  await closed;
}

/** Real Dask: a computation, its ends, its dashboard, and an error that Node.js itself throws. */
async function withDask() {
  const cluster = await new LocalCluster({ nWorkers: 1 }).start();
  try {
    const code = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
    assert.equal(await cluster.run("python", ["-c", code]), 0);
    await look(await cluster.dashboard());
  } finally {
    await cluster.close();
  }
  assert.equal(existsSync(cluster.stateDirectory), false);
  await assert.rejects(cluster.scale(1), DaskFleetError);
  await assert.rejects(new LocalCluster({ python: "/nowhere/python" }).start(), { code: "PYTHON_UNSUITABLE" });
}
