import { describe, expect, it } from "vitest";

import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { RateLimits } from "../../src/gcp/state/rate-limits.ts";
import { freshGcp } from "./fresh-gcp.ts";
import { bulk, instance, refusal, Sdk, ZONE } from "./sdk.ts";

const ONCE = { retry: { retryCodes: [] } };

describe("refusals", () => {
  const fresh = freshGcp();

  it("name a missing, wrong or expired token", async () => {
    const { cloud, sdk } = fresh;
    const zones = async (token: string): Promise<unknown> => {
      return await new Sdk(cloud, token).zones.list({ project: sdk.project }, ONCE);
    };
    expect(await refusal(zones("someone"))).toEqual({
      status: 401,
      message: expect.stringContaining("invalid") as string,
    });
    const token = cloud.tokens.issue();
    await zones(token);
    cloud.tokens.revokeAll();
    expect(await refusal(zones(token))).toMatchObject({ status: 401 });
    const bare = await fetch(`${cloud.endpoint}/compute/v1/projects/${sdk.project}/zones`);
    const { error } = (await bare.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: 401, status: "UNAUTHENTICATED", errors: [{ reason: "required" }] });
  });

  it("name the disabled API and where to enable it", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.apiEnabled = false;
    const error: unknown = await sdk.zones.list({ project: sdk.project }, ONCE).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      httpStatusCode: 403,
      reason: "SERVICE_DISABLED",
      message: expect.stringMatching(/Enable it by visiting/u) as string,
    });
  });

  it("name an unknown project, zone or region", async () => {
    const { sdk } = fresh;
    const project = "nobody";
    expect(await refusal(sdk.zones.list({ project }, ONCE))).toEqual({
      status: 404,
      message: "The resource 'projects/nobody' was not found",
    });
    expect(await refusal(sdk.zones.list({ project: "ubuntu-os-cloud" }, ONCE))).toMatchObject({ status: 403 });
    expect(await refusal(sdk.zones.get({ project: sdk.project, zone: "us-east1-z" }, ONCE))).toEqual({
      status: 404,
      message: `The resource 'projects/${sdk.project}/zones/us-east1-z' was not found`,
    });
    expect(await refusal(sdk.insert(instance("vm-1", {}, "us-east1-z"), { zone: "us-east1-z" }))).toEqual({
      status: 400,
      message: "Invalid value for field 'zone': 'us-east1-z'. Unknown zone.",
    });
  });

  it("name the missing permission, including those that a VM implies", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.permissions.deny("compute.instances.list");
    expect(await refusal(sdk.instances.list({ project: sdk.project, zone: ZONE }, ONCE))).toEqual({
      status: 403,
      message: `Required 'compute.instances.list' permission for 'projects/${sdk.project}/zones/${ZONE}'`,
    });
    cloud.account.permissions.deny("compute.subnetworks.useExternalIp");
    expect(await sdk.done(await sdk.insert(instance("vm-1")))).toEqual([]);
    const publicly = { networkInterfaces: [{ accessConfigs: [{ type: "ONE_TO_ONE_NAT" }] }] };
    expect(await refusal(sdk.insert(instance("vm-2", publicly)))).toEqual({
      status: 403,
      message: expect.stringMatching(/useExternalIp' permission for .*subnetworks\/default/u) as string,
    });
    cloud.account.permissions.allowOnly(["compute.instances.get"]);
    await sdk.get("vm-1");
    expect(await refusal(sdk.bulkInsert(bulk(1)))).toMatchObject({ status: 403 });
    expect([...cloud.account.permissions.used]).toEqual(
      expect.arrayContaining(["compute.disks.create", "compute.instances.create", "compute.zoneOperations.get"]),
    );
  });
});

describe("rate limits", () => {
  it("refill when the next minute begins, per kind of call and region", () => {
    let now = 59_000;
    const limits = new RateLimits({ now: () => now }, 2);
    const take = (region = "us-east1", group = "ListRequests"): void => limits.take(group, region, "p");
    take();
    take();
    expect(() => take()).toThrow("Quota exceeded for quota metric 'ListRequests'");
    take("us-central1");
    take("us-east1", "Queries");
    now = 60_000;
    take();
  });

  it("are 1500 for each, and faults look the same", async () => {
    await using cloud = await new SimulatedGcp({ speed: 0.01 }).start();
    const sdk = new Sdk(cloud);
    const headers = { authorization: `Bearer ${cloud.tokens.issue()}` };
    const ask = async (): Promise<number> => {
      return (await fetch(`${cloud.endpoint}/compute/v1/projects/${sdk.project}/zones/${ZONE}`, { headers })).status;
    };
    const before = Math.floor(cloud.clock.now() / 60_000);
    for (let call = 0; call < 1500; call++) await ask();
    expect([await ask(), Math.floor(cloud.clock.now() / 60_000)]).toEqual([403, before]);
    cloud.faults.onOperation("regions.get", "throttle");
    const region = await fetch(`${cloud.endpoint}/compute/v1/projects/${sdk.project}/regions/us-east1`, { headers });
    expect([region.status, ((await region.json()) as { error: { errors: unknown[] } }).error.errors]).toEqual([
      403,
      [expect.objectContaining({ reason: "rateLimitExceeded" })],
    ]);
  });
});
