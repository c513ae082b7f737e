import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const HOUR_MS = 3_600_000;
const slow = freshOci({
  speed: 1,
  listLagMs: HOUR_MS,
  getLagMs: HOUR_MS,
  networkMs: HOUR_MS,
  pendingMs: HOUR_MS,
  bootMs: HOUR_MS,
  youngTerminations: "refused",
  throttling: true,
  readsPerSecond: 1,
  changesPerSecond: 1,
});

test("what is new is neither listed nor found", async () => {
  const { sdk } = slow;
  const { compute, compartmentId } = sdk;
  const { id } = await sdk.launch();
  expect((await compute.listInstances({ compartmentId })).items).toEqual([]);
  expect(await refusal(sdk.state(id))).toMatch(/^404 NotAuthorizedOrNotFound: /u);
});

test("too many calls are turned away: reading ones and changing ones", async () => {
  const { cloud, sdk } = slow;
  const { compute, compartmentId } = sdk;
  const words = "429 TooManyRequests: Too many requests for the user";
  const reads = await Promise.allSettled(
    Array.from({ length: 6 }, async () => await compute.listInstances({ compartmentId })),
  );
  expect(reads.some(({ status }) => status === "rejected")).toBe(true);
  for (let nth = 0; nth < 4; nth++) await sdk.launch();
  expect(await refusal(sdk.launch())).toBe(words);
  expect(cloud.machines).toHaveLength(4);
});

test("a network that is PROVISIONING takes nothing", async () => {
  const { cloud, sdk } = slow;
  const { compartmentId } = sdk;
  const { vcn } = await sdk.network.createVcn({ createVcnDetails: { compartmentId, cidrBlock: "10.0.0.0/16" } });
  expect(vcn.lifecycleState).toBe("PROVISIONING");
  cloud.account.options.getLagMs satisfies number | undefined;
  expect(await refusal(sdk.group(vcn.id))).toMatch(/^404 /u);
});

const young = freshOci({ pendingMs: HOUR_MS, bootMs: HOUR_MS, speed: 1, youngTerminations: "refused" });

test("an instance that is PROVISIONING may refuse to be terminated", async () => {
  const { cloud, sdk } = young;
  const { id } = await sdk.launch();
  expect(await refusal(sdk.terminate(id))).toMatch(/^409 Conflict: .*currently being modified/u);
  cloud.account.youngTerminations = "done";
  await sdk.terminate(id);
  expect(await sdk.state(id)).toBe("TERMINATING");
});

const given = freshOci({ region: "eu-amsterdam-1" });

test("a region may have one availability domain, with three fault domains", async () => {
  const { sdk } = given;
  const { compartmentId } = sdk;
  const { items } = await sdk.identity.listAvailabilityDomains({ compartmentId });
  expect(items.map(({ name }) => name)).toEqual(["Uocm:EU-AMSTERDAM-1-AD-1"]);
  const [{ name: availabilityDomain = "" } = {}] = items;
  const domains = (await sdk.identity.listFaultDomains({ compartmentId, availabilityDomain })).items;
  expect(domains.map(({ name }) => name)).toEqual(["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"]);
});

test("images are listed the newest first, and those of a shape's processor only", async () => {
  const { sdk } = given;
  const { compartmentId } = sdk;
  const { items } = await sdk.compute.listImages({
    compartmentId,
    operatingSystem: "Canonical Ubuntu",
    operatingSystemVersion: "24.04",
    shape: "VM.Standard.A1.Flex",
  });
  expect(items.map(({ displayName }) => displayName)).toEqual(
    ["2026.10.31", "2026.09.30", "2026.07.31"].map((date) => `Canonical-Ubuntu-24.04-aarch64-${date}-0`),
  );
});

test("a machine that powers itself off is STOPPED, and stays", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch();
  await sdk.untilState(id, "RUNNING");
  cloud.kill(id);
  await until("the machine to be STOPPED", () => cloud.machines[0]?.state === "STOPPED");
  expect(cloud.poweredOn).toBe(0);
});
