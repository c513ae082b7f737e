import { describe, expect, test } from "vitest";
import * as z from "zod";

import { callAbout } from "../../../src/cli/call.ts";
import { COMMANDS } from "../../../src/cli/commands/index.ts";
import { outputOf } from "../../../src/cli/output.ts";
import type { ClusterType } from "../../../src/cli/providers.ts";
import { terminal } from "../../../src/cli/terminal/for-commands.ts";
import { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { count, secret, text } from "../../../src/options/fields.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { type ConfiguredProvider, defineProvider } from "../../../src/provider/provider-definition.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "../cluster/fake-cluster.ts";

const { files } = ownStateDirectory();

const schema = z.object({
  region: text().default("by-default"),
  nWorkers: count().default(0),
  name: text().optional(),
  token: secret(text()).optional(),
  startTimeoutMs: count().optional(),
});

/** A provider's class that resolves its options as real ones do, and keeps its token out of the record. */
function typeIn(cloud: () => FakeCloud) {
  const tokens: (string | undefined)[] = [];
  const resolve = (given: object = {}): ConfiguredProvider => {
    const known = Object.entries(given).filter(([name]) => Object.hasOwn(schema.shape, name));
    const options = { ...given, ...Object.fromEntries(known) };
    for (const name of Object.keys(options)) {
      if (!Object.hasOwn(schema.shape, name)) Reflect.deleteProperty(options, name);
    }
    const where = { section: "fake", options, env: {}, home: "/nonexistent" };
    const { token, ...values } = resolveOptions(schema, where).values;
    tokens.push(token);
    return FakeCluster.definition.resolve({ cloud: cloud(), ...values });
  };
  const definition = defineProvider({ name: "fake", resolve, open: (configured) => configured.open() });
  return class extends ClusterManager {
    static readonly definition = definition;
    static readonly tokens = tokens;

    constructor(given: object = {}) {
      super(definition.resolve(given));
    }
  };
}

/** A command line about `fake` clusters, as `dask-fleet` runs it. */
async function run(type: ReturnType<typeof typeIn>, ...args: string[]): Promise<unknown> {
  const [name = ""] = args;
  const command = COMMANDS.get(name);
  if (command === undefined) throw new Error(name);
  const facts = { section: "fake", command: "fake", folder: "fake", name: "Fake", title: "fake", className: "Fake" };
  const manifest = { ...facts, sdk: [], page: "", needed: {}, column: undefined, schema };
  const clusterClass = async (): Promise<ClusterType> => await Promise.resolve(type as unknown as ClusterType);
  const registered = { ...facts, isCloud: true, manifest: async () => await Promise.resolve(manifest), clusterClass };
  const isAboutOne = command.cluster === "known" || command.cluster === "tagged";
  const about = {
    provider: { facts: registered, manifest, type: clusterClass },
    name: isAboutOne ? "lab" : "",
    taken: isAboutOne ? 2 : 1,
  };
  const out = outputOf({ json: false, quiet: false, log: "text" }, terminal);
  return await command.run(callAbout(about, command, args, out));
}

test("dask-fleet remove refuses options that contradict the record; --forget deletes a record", async () => {
  await using cloud = await FakeCloud.open();
  await using elsewhere = await FakeCloud.open();
  let asked = cloud;
  const Type = typeIn(() => asked);
  await (await new Type({ name: "lab", region: "recorded" }).start()).detach();

  await expect(run(Type, "remove", "fake", "lab", "--region", "given")).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining('`region`: recorded "recorded", given "given"'),
  });
  asked = elsewhere;
  await expect(run(Type, "remove", "fake", "lab")).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  expect([await files(), cloud.machines.size]).toEqual([["lab"], 1]);
  await run(Type, "remove", "fake", "--forget", "lab");
  expect([await files(), cloud.machines.size]).toEqual([[], 1]);
});

describe("Options on the command line apply to an existing cluster", () => {
  test.each([
    ["list", []],
    ["sweep", []],
    ["remove", ["lab"]],
    ["scale", ["lab", "0"]],
  ])("%s", async (command, words) => {
    await using cloud = await FakeCloud.open();
    const Type = typeIn(() => cloud);
    await (await new Type({ name: "lab", region: "here" }).start()).detach();
    Type.tokens.length = 0;
    const before = { ...process.env };
    await run(Type, command, "fake", ...words, "--region=here", "--token", "hunter2", "--start-timeout-ms", "60000");
    expect(Type.tokens).toContain("hunter2");
    expect(process.env).toEqual(before);
    await Type.remove("lab").catch(() => undefined);
  });

  test("but cannot change its start options", async () => {
    await using cloud = await FakeCloud.open();
    const Type = typeIn(() => cloud);
    await (await new Type({ name: "lab" }).start()).detach();
    await expect(run(Type, "scale", "fake", "lab", "1", "--n-workers=2", "--token=hunter2")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/^The cluster "lab" was started with other options: `nWorkers`\. Omit them/),
    });
    await Type.remove("lab");
  });
});
