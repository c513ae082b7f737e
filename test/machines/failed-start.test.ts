import { expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { EC2 } from "./clouds/all.ts";
import { RealWorld } from "./real-world.ts";

ownState();

test("the error of a start whose machine could not be set up holds the reason from its boot log", async () => {
  await using real = await RealWorld.open(EC2);
  const extraBootstrap = ["echo there is no such disk >&2", "exit 3"];
  const cluster = real.cluster({ nWorkers: 1, extraBootstrap, startTimeoutMs: 20_000 });
  await expect(cluster.start()).rejects.toThrow(
    /there is no such disk[\s\S]*bootstrap failed: bootstrap-extra.sh ended with status 3/u,
  );
  expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
});
