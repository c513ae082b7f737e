import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import type { ClusterPlan } from "../../../src/cluster/plan/cluster-plan.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const run = promisify(execFile);

/** `dask-fleet …` without anything that a cloud's SDK could find credentials by. */
async function daskFleet(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent" };
  const { stdout } = await run(process.execPath, [MAIN, ...args], { env });
  return stdout;
}

test("plan prints what a start would create, without credentials, and without colour in a pipe", async () => {
  const text = await daskFleet("plan", "ec2", "--region", "us-east-1", "--name", "lab", "--n-workers", "4");
  expect(text).toMatch(/^lab on ec2: what a start creates\. Nothing was created, no call was made\.\n/u);
  expect(text).toMatch(/^Workers +4 x lab-worker$/mu);
  expect(text).not.toContain("\u001B");
});

test("plan --json prints the plan as one document", async () => {
  const plan = JSON.parse(await daskFleet("plan", "digitalocean", "--n-workers", "2", "--json")) as ClusterPlan;
  expect([plan.provider, plan.looked, plan.nameIsDrawn]).toEqual(["digitalocean", false, true]);
  expect(plan.machines.map(({ role, count, types }) => [role, count, types])).toEqual([
    ["scheduler", 1, ["s-2vcpu-4gb"]],
    ["worker", 2, ["s-2vcpu-4gb"]],
  ]);
});
