import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { daskFleet } from "../../../src/cli/dask-fleet.ts";

const KEY = '{"client_email": "a@b.iam.gserviceaccount.com", "private_key": "hunter2"}';
const AZURE = ["--location=eastus", "--resource-group=dask"];

const { out, err } = vi.hoisted(() => ({ out: [] as string[], err: [] as string[] }));
vi.mock("../../../src/process/stderr.ts", () => ({
  tellOnStderr: (text: string) => err.push(`dask-fleet: ${text}\n`),
}));

beforeEach(() => {
  out.length = 0;
  err.length = 0;
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("XDG_STATE_HOME", "/nonexistent");
  vi.stubEnv("DASK_ROOT_CONFIG", "/nonexistent");
  vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
});

// A process applies one command line only, and these tests apply many.
const listening = [process.stdout, process.stderr].map((stream) => ({ stream, before: stream.listeners("error") }));
afterEach(() => {
  for (const { stream, before } of listening) {
    for (const added of stream.listeners("error")) {
      if (!before.includes(added)) stream.off("error", added as () => void);
    }
  }
});

describe("Attack by a task: the environment that every command inherits", () => {
  test.each<[string, readonly string[]]>([
    ["local", []],
    ["ec2", ["--proxy", "http://me:hunter2@proxy:3128"]],
    ["azure", [...AZURE, "--docker-args=--env=TOKEN=hunter2"]],
    ["gcp", ["--service-account-credentials", KEY, "--project-id=p"]],
    ["digitalocean", ["--token", "hunter2"]],
  ])("contains nothing of the command line of %s", async (provider, secrets) => {
    const before = { ...process.env };
    const all = ["--name=mine", "--env-vars.TOKEN=hunter2", ...secrets];
    expect(await daskFleet(["preview", provider, ...all, "worker"])).toBe(0);
    expect(out.join("")).toMatch(/DASK_FLEET_CLUSTER='mine'/);
    expect(err.filter((line) => !line.includes(" holds a secret, "))).toEqual([]);
    expect(err).toHaveLength(secrets.length === 0 ? 1 : 2);
    expect([...out, ...err].join("")).not.toContain("hunter2");
    expect(process.env).toEqual(before);
  });
});

test.each(["--public-ip", "--no-public-ip", "--spot", "--security"])(
  "A word after the switch %s is the command's argument",
  async (option) => {
    for (const args of [
      ["exec", option, "ec2", "lab"],
      ["exec", "ec2", option, "lab"],
      [option, "exec", "ec2", "lab"],
    ]) {
      err.length = 0;
      expect(await daskFleet([...args, "--", "true"])).toBe(1);
      expect(err.join("")).toMatch(/^dask-fleet: No cluster named "lab" is recorded/);
    }
  },
);

// Azure's section in the configuration has another name.
test.each(["local", "azure"])(
  "An existing cluster of %s is named by a word, and --name is refused before anything happens",
  async (provider) => {
    expect(await daskFleet(["remove", provider, "lab", "--name", "other"])).toBe(2);
    const sentence = `dask-fleet: remove takes the cluster's name as a word, not as --name: remove ${provider} lab.`;
    expect(err.join("")).toContain(sentence);
  },
);

test("A preview of a worker group has its options; the scheduler has none", async () => {
  const groups = ["--workers.gpu.worker-options.nthreads", "3", "--workers.cpu.worker-options.nthreads", "5"];
  const preview = async (...args: readonly string[]): Promise<number> =>
    await daskFleet(["preview", "local", ...args, ...groups]);
  expect(await preview("worker", "--group", "gpu")).toBe(0);
  expect(await preview("worker", "--group", "cpu")).toBe(0);
  expect(out.map((text) => /--nthreads=\d/u.exec(text)?.[0])).toEqual(["--nthreads=3", "--nthreads=5"]);
  expect(await preview("worker", "--group", "tpu")).toBe(1);
  expect(await preview("scheduler", "--group", "gpu")).toBe(2);
  expect(err.join("")).toContain('Unknown worker group "tpu". Known: gpu, cpu.');
});

test("Previews use the command line first, then files", async () => {
  vi.stubEnv("DASK_CLOUDPROVIDER__LOCAL__NAME", "from-the-environment");
  expect(await daskFleet(["preview", "local", "scheduler"])).toBe(0);
  expect(await daskFleet(["preview", "local", "scheduler", "--name=from-the-flag"])).toBe(0);
  expect(out.map((text) => /DASK_FLEET_CLUSTER='(.*?)'/.exec(text)?.[1])).toEqual([
    "from-the-environment",
    "from-the-flag",
  ]);
});
