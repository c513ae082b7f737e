import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";

const given = freshOci();
const NUMBERS = Array.from({ length: 1000 }, (_, nth) => nth);
const AT_ONCE = 50;

/** Does the same with all, some at a time: a server takes so many connections at once. */
async function withAll<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(act))));
  }
  return results;
}

test("a thousand instances are launched, listed and terminated", async () => {
  const { cloud, sdk } = given;
  const { compute, compartmentId } = sdk;
  const instances = await withAll(NUMBERS, async (nth) => await sdk.launch({}, `token-${nth}`));
  const addresses = new Set(cloud.machines.map(({ privateAddress }) => privateAddress));
  expect([new Set(instances.map(({ id }) => id)).size, addresses.size]).toEqual([1000, 1000]);
  const listed: string[] = [];
  for await (const { id } of compute.listInstancesRecordIterator({ compartmentId })) listed.push(id);
  expect([listed.length, cloud.calls.count("ListInstances")]).toEqual([1000, 10]);
  await withAll(instances, async ({ id }) => await sdk.terminate(id));
  await until("all to be gone", () => cloud.machines.length === 0);
});
