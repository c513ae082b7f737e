import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";

const given = freshOci();

test("a thousand instances are launched, listed and terminated", async () => {
  const { cloud, sdk } = given;
  const { compute, compartmentId } = sdk;
  const instances = await Promise.all(
    Array.from({ length: 1000 }, async (_, nth) => await sdk.launch({}, `token-${nth}`)),
  );
  const addresses = new Set(cloud.machines.map(({ privateAddress }) => privateAddress));
  expect([new Set(instances.map(({ id }) => id)).size, addresses.size]).toEqual([1000, 1000]);
  let listed = 0;
  for await (const _each of compute.listInstancesRecordIterator({ compartmentId })) listed += 1;
  expect(listed).toBe(1000);
  await Promise.all(instances.map(async ({ id }) => await sdk.terminate(id)));
  await until("all to be gone", () => cloud.machines.length === 0);
});
