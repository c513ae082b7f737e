import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci({ terminatedMs: 30_000, pageSize: 3 });

async function names(): Promise<readonly string[]> {
  const { compute, compartmentId } = given.sdk;
  return (await compute.listInstances({ compartmentId })).items.map(({ displayName }) => displayName ?? "");
}

test("lists show a terminated instance for a while", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch();
  await sdk.terminate(id);
  await until("the instance to be TERMINATED", () => cloud.machines.length === 0);
  await until("lists to forget it", async () => (await names()).length === 0);
  expect(await refusal(sdk.state(id))).toMatch(/^404 NotAuthorizedOrNotFound: /u);
});

test("pages are small, the newest first, and go on where the last one ended", async () => {
  const { cloud, sdk } = given;
  const { compute, compartmentId } = sdk;
  for (const displayName of ["a", "b", "c", "d", "e"]) await sdk.launch({ displayName });
  const first = await compute.listInstances({ compartmentId, limit: 100 });
  expect(first.items.map(({ displayName }) => displayName)).toEqual(["e", "d", "c"]);
  // What was read before is gone by now.
  cloud.account.instances.delete(cloud.account.instances.get(first.items[1]?.id ?? ""));
  const second = await compute.listInstances({ compartmentId, page: first.opcNextPage });
  expect([second.items.map(({ displayName }) => displayName), second.opcNextPage]).toEqual([["b", "a"], undefined]);
  const all: (string | undefined)[] = [];
  for await (const { displayName } of compute.listInstancesRecordIterator({ compartmentId, limit: 2 }))
    all.push(displayName);
  expect(all).toEqual(["e", "c", "b", "a"]);
});

test.each<[string, { page?: string; limit?: number; compartmentId?: string }, RegExp]>([
  ["a page of nobody's", { page: "bm9uZQ" }, /^400 InvalidParameter: /u],
  ["no items", { limit: 0 }, /^400 InvalidParameter: /u],
  ["a compartment that is none", { compartmentId: "ocid1.compartment.oc1..none" }, /^404 NotAuthorizedOrNotFound: /u],
])("a list of %s is refused", async (_what, query, words) => {
  const { compute, compartmentId } = given.sdk;
  expect(await refusal(compute.listInstances({ compartmentId, ...query }))).toMatch(words);
});

test("a list has only its compartment's own", async () => {
  const { cloud, sdk } = given;
  await sdk.launch();
  const { items } = await sdk.compute.listInstances({ compartmentId: cloud.tenancy });
  expect([items, await names()]).toEqual([[], ["one"]]);
});

test("lists are ordered and filtered as asked", async () => {
  const { sdk } = given;
  const { compute, compartmentId } = sdk;
  for (const displayName of ["b", "a"]) await sdk.launch({ displayName });
  const asked = { compartmentId, sortBy: "DISPLAYNAME", sortOrder: "DESC" } as const;
  const ordered = (await compute.listInstances(asked as never)).items;
  const filtered = (await compute.listInstances({ compartmentId, displayName: "a" })).items;
  expect([ordered, filtered].map((items) => items.map(({ displayName }) => displayName))).toEqual([["b", "a"], ["a"]]);
});
