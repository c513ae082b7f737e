import { expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { EC2 } from "./clouds/all.ts";
import { RealWorld } from "./real-world.ts";

ownState();

test("a start whose machine fails its setup ends soon, with the reason from the boot log", async () => {
  await using real = await RealWorld.open(EC2);
  const extraBootstrap = ["echo there is no such disk >&2", "exit 3"];
  const cluster = real.cluster({ nWorkers: 1, extraBootstrap, startTimeoutMs: 170_000 });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(
      /gave up: bootstrap failed: bootstrap-extra\.sh ended with status 3\.[^]*there is no such disk/u,
    ),
  });
  expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
});
