import fc from "fast-check";
import { expect, test } from "vitest";

import { CreationLedger } from "../../../src/cluster/end/creation-ledger.ts";
import { Inventory } from "../../../src/cluster/end/inventory.ts";
import { takeDown } from "../../../src/cluster/end/tear-down.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError, type ErrorCode, type Meaning } from "../../../src/errors.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { seedOfRun } from "../../support/seed.ts";
import { FakeCloud, type Fault, type Verb } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

const NAME = "doomed";
const PARAMETERS = { numRuns: 60, seed: seedOfRun() };
const MEANINGS: readonly Meaning[] = [
  "transient",
  "throttled",
  "capacity",
  "quota",
  "policy",
  "permission",
  "credentials",
  "configuration",
  "gone",
  "unknown",
];

const CODES: Partial<Record<Meaning, ErrorCode>> = {
  policy: "AUTH_FAILED",
  permission: "AUTH_FAILED",
  credentials: "AUTH_FAILED",
  configuration: "CONFIG_INVALID",
};

const refusal: fc.Arbitrary<Fault> = fc.constantFrom(...MEANINGS).map((meaning) => refused(meaning));
const lost: fc.Arbitrary<Fault> = fc.constant("lose");
/** The call is accepted, and nothing happens. */
const withoutEffect: fc.Arbitrary<Fault> = fc.constant("forget");
/** The faults of a verb's first calls, in order. */
const of = (...faults: fc.Arbitrary<Fault>[]): fc.Arbitrary<readonly (Fault | undefined)[]> =>
  fc.array(fc.option(fc.oneof(...faults), { nil: undefined, freq: 4 }), { maxLength: 5, size: "max" });

const account = fc.record({
  machines: fc.integer({ min: 1, max: 5 }),
  /** How long lists lack new machines, and how long the provider says they may. */
  listLagMs: fc.constantFrom(0, 0, 30),
});
const passing = fc.record({
  list: of(refusal, lost),
  destroy: of(refusal, lost, withoutEffect),
  release: of(refusal, lost, withoutEffect),
  resources: of(refusal, lost),
});
const lasting = fc.record({
  verbs: fc.subarray<Verb>(["list", "destroy", "release"], { minLength: 1 }),
  meaning: fc.constantFrom(...MEANINGS),
  /** Machines whose deletion is refused; the others are deleted. */
  locked: fc.subarray(["m1", "m2", "m3", "m4", "m5"], { minLength: 1 }),
});

function refused(meaning: Meaning): DaskFleetError {
  return new DaskFleetError(CODES[meaning] ?? "PROVIDER_FAILED", `refused for ${meaning}`, { meaning });
}

/** A cluster with new machines, and its tear-down. */
async function doomed(
  cloud: FakeCloud,
  { machines, listLagMs }: { readonly machines: number; readonly listLagMs: number },
): Promise<(timeoutMs: number) => Promise<unknown>> {
  const cluster = new FakeCluster({ cloud, name: NAME, listLagMs, pollIntervalMs: 1 });
  const tags = clusterTags(cluster, undefined, undefined);
  cloud.listLagMs = listLagMs;
  cloud.dud = () => true;
  cloud.networks.set(NAME, tags);
  const ledger = new CreationLedger();
  const request = { role: "worker", count: machines, token: "t", userData: new Uint8Array(), tags } as const;
  await ledger.track(async () => cloud.create(request));
  const { verbs } = cluster;
  const inventory = new Inventory(ledger, verbs);
  const watched = inventory.watch(ledger.watch(verbs));
  const identity = { name: NAME, ids: [cluster.id] };
  const input = {
    clusterName: NAME,
    identity,
    className: "FakeCluster",
    providerName: "fake",
    verbs: watched,
    ledger,
    inventory,
  };
  const nothing = { emit: () => undefined, running: undefined, endUse: async () => undefined };
  return async (timeoutMs) =>
    await takeDown({ ...input, ...nothing }, new Deadline(timeoutMs)).catch((error: unknown) => error);
}

test("Any transient refusal, loss or list lag leaves nothing behind", async () => {
  await fc.assert(
    fc.asyncProperty(account, passing, async (made, faults) => {
      await using cloud = await FakeCloud.open();
      const close = await doomed(cloud, made);
      cloud.fault = (verb, nth) => (verb in faults ? faults[verb as keyof typeof faults][nth - 1] : undefined);
      expect(await close(60_000)).toBeUndefined();
      expect([cloud.tagged(undefined), await files()]).toEqual([[], []]);
    }),
    PARAMETERS,
  );
}, 120_000);

test("Permanent refusals are listed with their reasons, and a later close leaves nothing behind", async () => {
  await fc.assert(
    fc.asyncProperty(account, lasting, async (made, { verbs, meaning, locked }) => {
      await using cloud = await FakeCloud.open();
      const close = await doomed(cloud, made);
      cloud.fault = (verb, _nth, _call, about) => {
        if (!verbs.includes(verb)) return undefined;
        return verb !== "destroy" || about.some((id) => locked.includes(id)) ? refused(meaning) : undefined;
      };
      const error = await close(150);
      const left = cloud.tagged(NAME).map(({ kind, id }) => ({ kind, id }));
      const named = error === undefined ? [] : (error as { left: unknown[] }).left;
      expect(named).toHaveLength(left.length);
      expect(named).toEqual(expect.arrayContaining(left));
      if (left.length > 0) expect((error as Error).message.split(`- refused for ${meaning}`)).toHaveLength(2);
      cloud.fault = () => undefined;
      expect(await close(60_000)).toBeUndefined();
      expect(cloud.empty).toBe(true);
    }),
    { ...PARAMETERS, numRuns: 30 },
  );
}, 120_000);
