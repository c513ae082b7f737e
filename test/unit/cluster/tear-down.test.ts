import { expect, test } from "vitest";

import { CreationLedger } from "../../../src/cluster/end/creation-ledger.ts";
import { Inventory } from "../../../src/cluster/end/inventory.ts";
import { takeDown } from "../../../src/cluster/end/tear-down.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ClusterProvider } from "../../../src/provider/complete-provider.ts";
import type { Machine, Resource } from "../../../src/provider/machine.ts";
import { ownStateDirectory } from "./fake-cluster.ts";
import { worker } from "./machines.ts";

ownStateDirectory();

const NEVER = async (): Promise<never> => {
  throw new Error("a tear-down makes nothing");
};

/** A provider's answers, call by call; the last one repeats. An error is thrown. */
interface Script {
  readonly lists: readonly (readonly string[] | Error)[];
  readonly destroys?: readonly (undefined | Error)[];
  readonly releases?: readonly (undefined | Error)[];
  readonly left?: readonly Resource[] | Error;
  readonly listLagMs?: number;
}

/** Tears a cluster down with a scripted provider, and returns the destroy calls. */
async function follow(
  { lists, destroys = [undefined], releases = [undefined], left = [], listLagMs = 0 }: Script,
  { ledger = new CreationLedger(), timeoutMs = 2000 } = {},
): Promise<{ readonly destroyed: string[][]; readonly error: unknown; readonly released: boolean }> {
  const destroyed: string[][] = [];
  let [listed, released] = [0, 0];
  const say = <T>(answer: T | Error): T => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const verbs: ClusterProvider = {
    capabilities: {
      userDataLimitBytes: 1,
      userDataGzip: true,
      nodeNameFrom: "hostname",
      pollIntervalMs: 5,
      listLagMs,
    },
    prepare: NEVER,
    plan: NEVER,
    place: NEVER,
    removeAbandoned: NEVER,
    verifyIdentity: NEVER,
    create: NEVER,
    locate: NEVER,
    console: async () => "",
    storeIdentity: () => ({ who: "nobody" }),
    nodeExtras: () => ({}),
    state: { save: () => ({}), restore: () => undefined },
    ownThings: () => [],
    hasMade: () => true,
    environment: NEVER,
    checks: async () => [],
    disconnect: async () => undefined,
    list: async () => {
      listed += 1;
      return say(lists[Math.min(listed, lists.length) - 1] ?? []).map((id) => worker(id));
    },
    destroy: async (machines: readonly Machine[]) => {
      destroyed.push(machines.map(({ id }) => id));
      say(destroys[Math.min(destroyed.length, destroys.length) - 1]);
      ledger.forget(machines);
    },
    release: async () => {
      released += 1;
      say(releases[Math.min(released, releases.length) - 1]);
    },
    find: async () => [],
    resources: async () => say(left),
  };
  const inventory = new Inventory(ledger, verbs);
  const nothing = { emit: () => undefined, running: undefined, endUse: async () => undefined };
  const error: unknown = await takeDown(
    {
      clusterName: "doomed",
      identity: { name: "doomed", ids: [undefined] },
      className: "ScriptedCluster",
      providerName: "scripted",
      verbs: inventory.watch(verbs),
      ledger,
      inventory,
      ...nothing,
    },
    new Deadline(timeoutMs),
  ).catch((error: unknown) => error);
  return { destroyed, error, released: released > 0 };
}

async function ledgerWith(...ids: string[]): Promise<CreationLedger> {
  const ledger = new CreationLedger();
  await ledger.track(async () => ({ machines: ids.map((id) => worker(id)) }));
  return ledger;
}

test("Machines are destroyed until the provider lists none, then the network is released", async () => {
  const { destroyed, error, released } = await follow({ lists: [["a", "b"], ["b"], []] });
  expect([destroyed, error, released]).toEqual([[["a", "b"], ["b"]], undefined, true]);
});

test("A machine that is not listed yet is destroyed", async () => {
  const { destroyed } = await follow(
    { lists: [["a"], []], listLagMs: 1000 },
    { ledger: await ledgerWith("a", "unlisted") },
  );
  // Once before any list, and once for a machine that a list shows as running.
  expect(destroyed).toEqual([["a", "unlisted"], ["a"]]);
});

test("A machine that reappears is destroyed if a pending create call may have created it late", async () => {
  const ledger = new CreationLedger();
  await ledger.track(() => Promise.reject(new Error("lost reply"))).catch(() => undefined);
  const { destroyed, error } = await follow({ lists: [[], [], ["late"], []], listLagMs: 100 }, { ledger });
  expect([destroyed, error]).toEqual([[["late"]], undefined]);
});

test("A failed call is retried, and unlisted machines are not forgotten meanwhile", async () => {
  const ledger = await ledgerWith("unlisted");
  const { destroyed, error } = await follow(
    { lists: [[]], destroys: [new Error("busy"), undefined], listLagMs: 1000 },
    { ledger },
  );
  expect([destroyed, error]).toEqual([[["unlisted"], ["unlisted"]], undefined]);
});

test("Without a list, every machine known to be created is destroyed", async () => {
  const lists = [new Error("not now"), new Error("not now"), []];
  const { destroyed, error } = await follow({ lists }, { ledger: await ledgerWith("a") });
  expect([destroyed, error]).toEqual([[["a"]], undefined]);
});

test("A provider that always fails: the error lists what remains, by id, and why", async () => {
  const left = [
    { kind: "machine", id: "a" },
    { kind: "machine", id: "b" },
    { kind: "firewall", id: "fw-1" },
  ];
  const locked = { lists: [["a", "b"]], destroys: [new Error("locked")], left };
  const { error, released } = await follow(locked, { timeoutMs: 50 });
  expect(error).toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    left,
    message: expect.stringMatching(/doomed.*\nLeft behind: machine a, machine b, firewall fw-1\n- locked/),
  });
  expect(released).toBe(false);
});

test("A remaining network is reported with everything else that remains", async () => {
  const firewall = { kind: "firewall", id: "fw-1" };
  const { error } = await follow({ lists: [[]], releases: [new Error("in use")], left: [firewall] }, { timeoutMs: 50 });
  expect(error).toMatchObject({ code: "TEARDOWN_INCOMPLETE", left: [firewall], cause: { message: "in use" } });
});

test("A network in use is released once it is free", async () => {
  const busy = new Error("in use");
  const { error } = await follow({ lists: [[]], releases: [busy, busy, undefined] });
  expect(error).toBeUndefined();
});

test("Each reason appears once, with the call that removes the rest", async () => {
  const refused = new DaskFleetError("AUTH_FAILED", "The credentials have expired.");
  const firewall = { kind: "firewall", id: "fw-1" };
  const { error } = await follow({ lists: [refused], destroys: [refused], left: [firewall] }, { timeoutMs: 50 });
  expect(error).toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    cause: refused,
    message: [
      "The cluster doomed could not be removed completely.",
      "Left behind: firewall fw-1",
      "- The credentials have expired.",
      'It may still cost money. Remove it with ScriptedCluster.remove("doomed") or "dask-fleet remove scripted doomed"; ScriptedCluster.list() or "dask-fleet list scripted" shows what is left.',
    ].join("\n"),
  });
});

test("Machines with an unfinished deletion are reported as such", async () => {
  const left = [{ kind: "machine", id: "a" }];
  const { error } = await follow({ lists: [["a"]], left }, { timeoutMs: 50 });
  expect(error).toMatchObject({ left, message: expect.stringContaining("\n- The deletion was accepted") });
});

test("A failed last look does not count as an empty list", async () => {
  const { error } = await follow({ lists: [[]], left: new Error("no answer") }, { timeoutMs: 50 });
  expect(error).toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    left: [],
    message: expect.stringContaining("What is left is unknown"),
  });
});

test("Deleted machines are not reported when the rest is unknown", async () => {
  const silent = new Error("no answer");
  const { error } = await follow({ lists: [["a"], []], releases: [silent], left: silent }, { timeoutMs: 50 });
  expect(error).toMatchObject({ left: [], message: expect.not.stringContaining("machine a") });
});

test("Unlisted machines count as deleted, even if the call to destroy them failed", async () => {
  const ledger = await ledgerWith("a");
  const { error, destroyed } = await follow({ lists: [[]], destroys: [new Error("cut off")] }, { ledger });
  expect([error, destroyed]).toEqual([undefined, [["a"]]]);
});

test("The last real failure is reported, even if the time ran out afterwards", async () => {
  const denied = new Error("not allowed today");
  const late = new DaskFleetError("TIMEOUT", "Timed out");
  const { error } = await follow({ lists: [[]], releases: [denied, late], left: [] }, { timeoutMs: 50 });
  expect(error).toMatchObject({ cause: denied, message: expect.stringContaining("- not allowed today") });
});
