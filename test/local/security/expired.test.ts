import { afterEach, expect, test, vi } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { Told } from "../life/told.ts";

isolatedState();
afterEach(() => {
  vi.useRealTimers();
});

const DAY_MS = 86_400_000;

/** As in a process that attached: without the CA's key. */
function unrenewable(): Security {
  return Security.fromRecord(Security.temporary({ validForMs: 30 * DAY_MS }).toRecord());
}

/** Moves only the launcher's clock; the machines' stay. */
function itIs(time: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: time });
}

test("Expiring certificates are warned of days ahead, reported once expired wherever they are needed, and do not prevent a close", async () => {
  const security = unrenewable();
  const cluster = new LocalCluster({ nWorkers: 1, security });
  const told = new Told(cluster);
  await cluster.start();
  const notAfter = security.notAfter.getTime();
  expect(told.warnings).toEqual([]);

  itIs(notAfter - 5 * DAY_MS);
  await until("the warning", () => told.warnings.length > 0);
  expect(cluster.describe()).toContain(
    `; its certificates expire at ${security.notAfter.toISOString()}, and nothing has renewed them`,
  );
  expect(told.warnings[0]).toContain(
    `The certificates of ${cluster.name} expire at ${security.notAfter.toISOString()}.`,
  );

  itIs(notAfter + 1000);
  const expired = {
    code: "SECURITY_INVALID",
    message: expect.stringMatching(/ expired at \S+Z\. .*never your own: remove the cluster .*start a new one\.$/u),
  };
  const began = performance.now();
  await expect(cluster.scale(2)).rejects.toMatchObject(expired);
  await expect(cluster.run("true")).rejects.toMatchObject(expired);
  await expect(cluster.dashboard()).rejects.toMatchObject(expired);
  expect(() => cluster.clientEnv()).toThrow(/ expired at /u);
  await expect(LocalCluster.attach(cluster.name)).rejects.toMatchObject(expired);
  expect(performance.now() - began).toBeLessThan(30_000);
  expect((await cluster.machines()).length).toBe(2);

  await cluster.close();
  expect(cluster.state).toBe("closed");
});

test("A lost worker is not replaced once new machines could not join", async () => {
  const security = unrenewable();
  await using cluster = await new LocalCluster({ nWorkers: 1, security }).start();
  const told = new Told(cluster);
  itIs(security.notAfter.getTime() + 1000);
  await cluster.adapt({ minimum: 2, maximum: 2 });
  await until("the warning", () => told.warnings.some((each) => each.includes("expired at")));
  expect(told.machines("created")).toEqual([]);
});
