import { rm } from "node:fs/promises";
import { createServer } from "node:net";

import { expect, test } from "vitest";

import { isolatedState } from "../../../../test/support/local-state.ts";
import { daskPython } from "../../../../test/support/python.ts";
import { until } from "../../../../test/support/until.ts";
import { parseCommandLine } from "../../src/cli/command-line.ts";
import { Listening } from "../../src/support/listening.ts";
import { SimulatedCloud } from "./simulated-cloud.ts";

const { root } = isolatedState();

const NOTHING = { files: [], processes: [] };
const SUM = "from distributed import Client; print(Client().submit(sum, [1, 2, 3]).result())";
const CLOUDS = ["ec2", "gcp", "azure", "digitalocean", "oci"];

test.each(CLOUDS)("the variables of a simulated %s let dask-fleet run a full lifecycle there", async (name) => {
  await using cloud = await SimulatedCloud.start(name, "--boot", "paper", "--json");
  const { endpoint, boot } = await cloud.announced();
  expect(endpoint).toMatch(/^https?:\/\/(?:127\.0\.0\.1|localhost):\d+$/u);
  expect(boot).toBe("paper");
  await using life = await cloud.daskFleet("run", name, "--n-workers", "2", "--", "true");
  expect(await life.ended).toMatchObject({ code: 0, err: expect.stringMatching(/: closed\n$/u) });
  await using list = await cloud.daskFleet("list", name);
  expect(await list.ended).toMatchObject({ code: 0, out: "" });
  const { code, err } = await cloud.interrupt();
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(
      /^simulated-cloud: calls: [1-9]\d+, struck by faults: 0, not understood: 0, machines still on: 0\n$/u,
    ),
  ]);
  expect(await cloud.left()).toEqual(NOTHING);
});

test("a real cluster computes on machines that are processes and leaves nothing, nor does the cloud", async () => {
  await using cloud = await SimulatedCloud.start("ec2", "--boot=process", "--json", "--python", daskPython());
  await using life = await cloud.daskFleet("run", "ec2", "--n-workers", "1", "--", daskPython(), "-c", SUM);
  expect(await life.ended).toMatchObject({ code: 0, out: "6\n" });
  expect((await cloud.left()).processes).toEqual([]);
  expect(await cloud.interrupt()).toMatchObject({ code: 0, err: expect.stringContaining("machines still on: 0") });
  expect(await cloud.left()).toEqual(NOTHING);
});

test("Ctrl-C ends the machines of a running cluster", async () => {
  await using cloud = await SimulatedCloud.start("ec2", "--boot=process", "--json", "--python", daskPython());
  await using life = await cloud.daskFleet("run", "ec2", "--n-workers", "0", "--", "sleep", "600");
  await until(
    "the cluster to be up",
    () => life.err.includes(": running\n"),
    60_000,
    () => life.err,
  );
  expect((await cloud.left()).processes).not.toEqual([]);
  expect(await cloud.interrupt()).toMatchObject({ code: 0, err: expect.stringContaining("machines still on: 1") });
  expect(await cloud.left()).toEqual(NOTHING);
  // Its cloud is gone: there is nobody to ask, so dask-fleet would keep its record.
  life.child.kill("SIGKILL");
  await life.ended;
  await rm(root(), { recursive: true });
});

test("--fault strikes calls", async () => {
  await using cloud = await SimulatedCloud.start(
    "digitalocean",
    "--boot=paper",
    "--json",
    "--fault=createDroplets:lost-reply",
    "--fault=listDroplets:throttle:1:2",
  );
  await using life = await cloud.daskFleet("run", "digitalocean", "--n-workers", "2", "--", "true");
  expect(await life.ended).toMatchObject({ code: 0 });
  expect((await cloud.interrupt()).err).toMatch(/struck by faults: 3, not understood: 0, machines still on: 0\n/u);
});

test("--room limits the number of machines", async () => {
  await using cloud = await SimulatedCloud.start("digitalocean", "--boot=paper", "--json", "--room=0");
  await using life = await cloud.daskFleet("run", "digitalocean", "--", "true");
  expect(await life.ended).toMatchObject({ code: 1, err: expect.stringContaining("not available in this region") });
});

test("--port sets the port; a taken one is an error", async () => {
  const taken = await Listening.open(createServer(), 0, "127.0.0.1");
  const { port } = taken;
  await using refused = await SimulatedCloud.start("ec2", "--port", String(port));
  expect(await refused.program.ended).toMatchObject({ code: 1, err: expect.stringContaining("EADDRINUSE") });
  expect(await refused.left()).toEqual(NOTHING);
  await taken[Symbol.asyncDispose]();
  await using cloud = await SimulatedCloud.start("ec2", "--port", String(port), "--json");
  expect((await cloud.announced()).endpoint).toBe(`http://127.0.0.1:${port}`);
});

test("a Python without distributed is reported before a cloud starts", async () => {
  await using cloud = await SimulatedCloud.start("ec2", "--boot", "process", "--python", "/nowhere/python");
  expect(await cloud.program.ended).toMatchObject({ code: 1, err: expect.stringContaining("/nowhere/python is not") });
});

test("without --json the output is a shell script", async () => {
  await using cloud = await SimulatedCloud.start("digitalocean");
  await until("the output", () => cloud.program.out.includes("LIST_LAG_MS"));
  const lines = cloud.program.out.trim().split("\n");
  expect(lines[0]).toMatch(/^# A simulated DigitalOcean at http:/u);
  for (const line of lines.slice(1)) expect(line).toMatch(/^export [A-Z_]+='[^']*'$/u);
});

test.each([
  [[], "Which cloud?"],
  [["oracle"], 'There is no simulated cloud "oracle".'],
  [["ec2", "gcp"], 'One cloud at a time: "gcp" is too much.'],
  [["ec2", "--boot", "docker"], '--boot is one of none, paper, process, not "docker".'],
  [["ec2", "--port", "65536"], '--port takes a number of 0 to 65535, not "65536".'],
  [["ec2", "--speed", "0"], '--speed takes a number of 0.001 or more, not "0".'],
  [
    ["ec2", "--fault", "RunInstances:boom"],
    '--fault takes <operation>:<kind>[:<nth>[:<times>]], not "RunInstances:boom".',
  ],
  [["ec2", "--faults"], "Unknown option '--faults'"],
])("the command line %j is refused: %s", (args, why) => {
  expect(() => parseCommandLine(args)).toThrow(why);
});

test("--help is no command", () => {
  expect(parseCommandLine(["--help"])).toBeUndefined();
});
