import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { LocalCluster } from "../../providers/local/index.ts";
import { isolatedState } from "../support/local-state.ts";
import { NO_DASHBOARD } from "../support/no-dashboard.ts";

isolatedState();

const WORK = fileURLToPath(new URL("../dask/calls/work.py", import.meta.url));

test("A cluster with TLS calls Python functions and maps them; closing it ends what is on its way", async () => {
  const warnings: string[] = [];
  const cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1, closeOnExit: false });
  cluster.onProgress((event) => event.type === "warning" && warnings.push(event.message));
  try {
    await cluster.start();
    expect(await cluster.call<number>("statistics:fmean", [[1, 2, 3]])).toBe(2);
    await cluster.upload([WORK]);
    const values: number[] = [];
    for await (const { value } of cluster.map<number>("work:scaled", [1, 2, 3], {
      kwargs: { factor: 2 },
      ordered: true,
    }))
      values.push(value);
    expect(values).toEqual([2, 4, 6]);

    // A second handle is a second launcher.
    const other = await LocalCluster.attach(cluster.name);
    expect(await other.call("work:scaled", [2])).toBe(2);
    await other.detach();
    expect(warnings).toEqual([]);

    const pending = cluster.call("work:echo", [1], { resources: { GPU: 1 } });
    const refused = pending.catch((error: unknown) => error);
    await cluster.scale(0);
    const waiting = cluster.call("work:echo", [1]).catch((error: unknown) => error);
    expect(warnings).toEqual([expect.stringContaining("has no workers")]);
    await cluster.close();
    for (const error of [await refused, await waiting]) expect(error).toMatchObject({ code: "CLOSED" });
    await expect(cluster.call("work:echo", [1])).rejects.toMatchObject({ code: "CLOSED" });
  } finally {
    await cluster.close();
  }
});
