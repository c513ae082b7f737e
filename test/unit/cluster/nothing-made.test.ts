import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

test("A start that fails before anything was created ends immediately, without further cloud calls or a record", async () => {
  await using cloud = await FakeCloud.open();
  const refused = new DaskFleetError("AUTH_FAILED", "no credentials");
  cloud.fault = () => refused;
  const cluster = new FakeCluster({
    cloud,
    nWorkers: 1,
    closeTimeoutMs: 60_000,
    // Its provider knows that it sent no call that creates something.
    instead: { hasMade: () => false },
  });
  const error: unknown = await cluster.start().catch((error: unknown) => error);
  expect(error).toBe(refused);
  expect(error).not.toHaveProperty("teardownError");
  expect([cloud.calls, cloud.disconnects, await files()]).toEqual([["prepare"], 1, []]);
  await cluster.close();
  expect(cloud.calls).toEqual(["prepare"]);
});
