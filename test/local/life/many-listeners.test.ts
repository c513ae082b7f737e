import { getEventListeners } from "node:events";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";

isolatedState();

const MANY = 15;
const many = <T>(make: () => T): T[] => Array.from({ length: MANY }, make);

test("Many concurrent listeners, commands, dashboards and calls cause no Node warning and leak no listener", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const counts = (): number[] => ["SIGINT", "SIGTERM", "SIGHUP", "exit"].map((name) => process.listenerCount(name));
  const before = counts();
  const { signal } = new AbortController();
  {
    await using cluster = new LocalCluster({ nWorkers: 1 });
    const heard: unknown[] = [];
    const stops = many(() => cluster.onProgress((event) => heard.push(event)));
    await cluster.start({ signal });
    expect(heard.length % MANY).toBe(0);
    for (const stop of stops) stop();
    const stopHearing = cluster.onProgress(() => undefined);
    const during = counts();
    const dashboards = await Promise.all(many(() => cluster.dashboard()));
    await Promise.all([
      ...many(() => cluster.run("true", [], { stdio: "ignore", signal })),
      ...many(() => cluster.scale(1, { signal })),
      ...many(() => cluster.waitForWorkers(1, { signal })),
      ...many(() => cluster.workers({ signal })),
      ...many(() => cluster.machines({ signal })),
      ...dashboards.map(({ url }) => fetch(new URL("/health", url)).then((answer) => answer.text())),
    ]);
    expect([counts(), getEventListeners(signal, "abort")]).toEqual([during, []]);
    stopHearing();
  }
  expect(counts()).toEqual(before);
  // Node warns asynchronously.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  expect(warnings.filter(({ name }) => name !== "DaskFleetWarning")).toEqual([]);
});
