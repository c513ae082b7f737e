import { expect, test } from "vitest";

import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "../cluster/fake-cluster.ts";

const { files } = ownStateDirectory();

test("dask-fleet remove refuses options that contradict the record, and --forget lets a record go", async () => {
  await using cloud = await FakeCloud.open();
  await using elsewhere = await FakeCloud.open();
  let asked = cloud;
  /** Finds its options in the environment, as others do. */
  class Type extends FakeCluster {
    constructor(options = {}) {
      super({ cloud: asked, region: "from-the-environment", ...options });
    }
  }
  const remove = async (...flags: string[]): Promise<unknown> =>
    await COMMANDS["remove"]?.run(Type, parseCommandLine(["remove", "fake", "lab", ...flags]));
  await (await new Type({ name: "lab", region: "recorded" }).start()).detach();

  await expect(remove("--region", "from-the-environment")).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining('`region`: recorded "recorded", given "from-the-environment"'),
  });
  asked = elsewhere;
  await expect(remove()).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  expect([await files(), cloud.machines.size]).toEqual([["lab"], 1]);
  await remove("--forget");
  expect([await files(), cloud.machines.size]).toEqual([[], 1]);
});
