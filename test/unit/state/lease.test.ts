import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FileStore } from "../../../src/state/file-store.ts";
import { newHolder } from "../../../src/state/holder.ts";
import { findLease } from "../../../src/state/lease-files.ts";
import type { Lease } from "../../../src/state/lease.ts";
import { writePrivateFile } from "../../../src/state/private-file.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { LeadTaker } from "./lead-taker.ts";

const TIMES = { renewMs: 100, silentMs: patient(1500), listenMs: patient(700) };
const isRoot = process.getuid?.() === 0;
/** A separate PID namespace, as a container has. All its processes end with `unshare`. */
const CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

let base = "";
let store = new FileStore("/nonexistent");
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-lease-"));
  store = new FileStore(join(base, "dask-fleet"), TIMES);
});
afterEach(async () => await rm(base, { recursive: true, force: true }));

async function begun(): Promise<Lease> {
  const lease = await store.cluster("mine").create({ version: 1, name: "mine" }, await newHolder());
  if (lease === undefined) throw new TypeError("nobody else had it");
  return lease;
}

function taker(wrapper: readonly string[] = []): LeadTaker {
  return new LeadTaker(store.root, "mine", TIMES, wrapper);
}

test("Exactly one of twenty concurrent processes takes the lead, every time", async () => {
  await (await begun()).release();
  await using stack = new AsyncDisposableStack();
  const takers = Array.from({ length: 20 }, () => stack.use(taker()));
  await Promise.all(takers.map((each) => each.ready()));
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(takers.map((each) => each.says("take")));
    expect(answers.filter((answer) => answer === "leads")).toHaveLength(1);
    const acts = await Promise.all(takers.map((each) => each.says("act")));
    expect(acts.map((act) => act === "acts")).toEqual(answers.map((answer) => answer === "leads"));
    await takers[answers.indexOf("leads")]?.says("release");
  }
  expect(await readdir(join(store.root, "mine"))).toEqual(["lead.11", "record.json"]);
});

test("Exactly one of many concurrent starts under one name creates the cluster", async () => {
  for (let round = 0; round < 20; round += 1) {
    const made = await Promise.all(Array.from({ length: 8 }, () => begun().catch(() => undefined)));
    expect(made.filter((lease) => lease !== undefined)).toHaveLength(1);
    for (const lease of made) lease?.stop();
    await store.cluster("mine").remove();
  }
  expect(await readdir(store.root)).toEqual([]);
});

test("A killed process loses the lead immediately; a stopped one keeps it", async () => {
  await (await begun()).release();
  await using leader = await taker().ready();
  expect(await leader.says("take")).toBe("leads");
  leader.child.kill("SIGSTOP");
  expect(await store.cluster("mine").takeLead()).toBeUndefined();
  leader.child.kill("SIGKILL");
  await until("it to end", () => leader.child.signalCode !== null);
  const lease = await store.cluster("mine").takeLead();
  expect(await lease?.holds()).toBe(true);
  lease?.stop();
});

test("A lease is lost if its file is gone or another process removed the cluster; the error distinguishes both", async () => {
  const lease = await begun();
  expect([await lease.holds(), lease.lost]).toEqual([true, undefined]);
  await rm(join(store.root, "mine/lead.1"), { recursive: true });
  expect([await lease.holds(), lease.lost]).toEqual([false, expect.stringContaining("is gone or damaged")]);
  // Nobody holds it now; the next request gets it.
  const next = await store.cluster("mine").takeLead();
  await store.cluster("mine").remove();
  expect([await next?.holds(), next?.lost]).toEqual([false, expect.stringContaining("has removed its record")]);
  expect([await lease.holds(), await readdir(store.root)]).toEqual([false, []]);
});

test("A record without a lease names its leader: a running process, or none", async () => {
  (await begun()).stop();
  await rm(join(store.root, "mine/lead.1"), { recursive: true });
  const { pid, host, startTime } = await newHolder();
  const state = store.cluster("mine");
  const before = { holder: { pid, host, startTime }, released: false };
  expect([(await state.leader(before)).judgement, await state.takeLead(before)]).toEqual(["held", undefined]);
  await utimes(state.recordPath, 0, 0);
  expect((await state.leader({ ...before, holder: { pid, host, startTime: "1" } })).judgement).toBe("silent");
  const lease = await state.takeLead({ ...before, released: true });
  expect(await lease?.holds()).toBe(true);
  lease?.stop();
});

test("A lease is renewed and aged by the file system's clock", async () => {
  const lease = await begun();
  const directory = join(store.root, "mine");
  const first = (await findLease(directory))?.renewedAt ?? Infinity;
  await until("a renewal", async () => ((await findLease(directory))?.renewedAt ?? 0) > first);
  const file = join(directory, "lead.1/holder.json");
  const { holder } = JSON.parse(await readFile(file, "utf8")) as { readonly holder: { readonly pid: number } };
  expect(holder).toMatchObject({ pid: process.pid, id: lease.holder.id });
  lease.stop();
});

test("A wrong clock makes a lease look old, but a successor notices its renewals", async () => {
  const lease = await begun();
  const file = join(store.root, "mine/lead.1/holder.json");
  // As a holder on another computer: its boot id differs.
  const holder = { ...lease.holder, bootId: "another" };
  await writePrivateFile(file, `${JSON.stringify({ holder })}\n`);
  await utimes(file, 0, 0);
  expect((await store.cluster("mine").leader()).judgement).toBe("silent");
  const taken = store.cluster("mine").takeLead();
  await until("a renewal", async () => ((await findLease(join(store.root, "mine")))?.renewedAt ?? 0) > 1000);
  expect(await taken).toBeUndefined();
  lease.stop();
});

describe.runIf(isRoot)("In containers that share a state directory (needs root)", () => {
  test("a process in another PID namespace leads, whatever its number here", async () => {
    await (await begun()).release();
    await using leader = await taker(CONTAINER).ready();
    expect(await leader.says("take")).toBe("leads");
    await using neighbour = await taker(CONTAINER).ready();
    const [here, there] = [await store.cluster("mine").takeLead(), await neighbour.says("take")];
    expect([here, there, await leader.says("act")]).toEqual([undefined, "follows", "acts"]);
  });

  test("a killed process there has one successor, after a long silence", async () => {
    await (await begun()).release();
    const leader = await taker(CONTAINER).ready();
    expect(await leader.says("take")).toBe("leads");
    await leader[Symbol.asyncDispose]();
    await using stack = new AsyncDisposableStack();
    const heirs = [CONTAINER, CONTAINER, [], []].map((wrapper) => stack.use(taker(wrapper)));
    await Promise.all(heirs.map((each) => each.ready()));
    let leads: readonly string[] = [];
    await until("a successor", async () => {
      leads = (await Promise.all(heirs.map((each) => each.says("take")))).filter((answer) => answer === "leads");
      return leads.length > 0;
    });
    const acts = await Promise.all(heirs.map((each) => each.says("act")));
    expect([leads, acts.filter((act) => act === "acts")]).toEqual([["leads"], ["acts"]]);
  });

  test("a process that slept there for long finds the lead taken, stops acting, and reports it", async () => {
    await (await begun()).release();
    await using sleeper = await taker(CONTAINER).ready();
    expect(await sleeper.says("take")).toBe("leads");
    // The program, not `unshare`, which waits for it.
    const inner = Number(execFileSync("pgrep", ["-P", String(sleeper.child.pid)], { encoding: "utf8" }));
    process.kill(inner, "SIGSTOP");
    let lease: Lease | undefined;
    await until("the lead", async () => (lease = await store.cluster("mine").takeLead()) !== undefined);
    process.kill(inner, "SIGCONT");
    const host = lease?.holder.host ?? "";
    expect(await sleeper.says("act")).toContain(`Process ${process.pid} on ${host} has taken the lead`);
    expect(await lease?.holds()).toBe(true);
    lease?.stop();
  });
});
