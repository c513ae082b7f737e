import type { SimulatedDigitalOceanOptions } from "@dask-fleet/simulated-clouds/digitalocean";
import { expect, test, vi } from "vitest";

import { DropletCluster, type DropletClusterOptions } from "../../../providers/digitalocean/index.ts";
import { resolveDropletOptions } from "../../../providers/digitalocean/options/resolved-options.ts";
import { messageOf } from "../../../src/errors.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, TestAccount } from "./account.ts";

isolatedState();

const FROM_HERE = { allowedCidrs: ["127.0.0.1/32"] };

test.each<[string, DropletClusterOptions, RegExp]>([
  ["spot machines", { spot: true }, /DigitalOcean has no spot machines/],
  ["spot machines, if there are any", { spot: "with-fallback" }, /DigitalOcean has no spot machines/],
  ["a region that is none", { region: "us-east-1" }, /a region such as "nyc3"/],
  ["a token with a line break", { token: "secret-token\n" }, /`token` option to be an API token/],
  ["a tag that cannot be", { dropletTags: ["a b"] }, /a tag: letters, digits/],
  ["a tag of dask-fleet's own", { dropletTags: ["dask-fleet:role:x:worker"] }, /is dask-fleet's own/],
  ["tags in the override", { extraDropletOptions: { tags: ["a"] } }, /use the `tags` and `dropletTags` options/],
  [
    "a value in `tags` that DigitalOcean does not take",
    { tags: { team: "data & more" } },
    /`tags` option.*"team:data & more"/,
  ],
  [
    "a key in `tags` that DigitalOcean does not take",
    { tags: { "cost center": "7" } },
    /letters, digits, `_`, `:` and `-`/,
  ],
  ["a tag of dask-fleet's own in `tags`", { tags: { "dask-fleet": "x" } }, /of the `tags` option is dask-fleet's own/],
  ["user data in the override", { extraDropletOptions: { user_data: "x" } }, /cannot decide user_data/],
  ["a misspelt name in the override", { extraDropletOptions: { ipv_6: true } }, /Did you mean "ipv6"/],
])("options refuse %s", (_what, options, words) => {
  expect(() => new DropletCluster(options)).toThrow(words);
  expect(() => new DropletCluster(options)).not.toThrow(/secret-token/);
});

test.each<[string, DropletClusterOptions, RegExp, SimulatedDigitalOceanOptions?]>([
  [
    "a region that DigitalOcean has not",
    { region: "xyz9" },
    /no droplets in the region xyz9\. It has them in blr1, fra1/,
  ],
  ["a size that does not exist", { size: "s-3vcpu-7gb" }, /no droplets of the size s-3vcpu-7gb, or not for this/],
  [
    "a size that the region has not",
    { workerSize: "c-2" },
    /region nyc3 has no droplets of the size c-2; nyc1.* have them/,
  ],
  ["a size that nobody has just now", { workerSize: "g-2vcpu-8gb" }, /has no droplets of the size g-2vcpu-8gb/],
  ["an image that does not exist", { image: "ubuntu-99-04-x64" }, /no image ubuntu-99-04-x64/],
  ["an image that the region has not", { image: 171_000_001, region: "fra1" }, /not in the region fra1; it is in nyc3/],
  [
    "a disk that the size has not",
    { diskSize: 81, instanceType: "s-2vcpu-4gb" },
    /asks for 81 GB, but .* has 80 GB: choose/,
  ],
  ["an image that is too large", { image: 171_000_001, size: "s-1vcpu-1gb" }, /needs a disk of 60 GB/],
  ["a VPC network that does not exist", { vpcUuid: "5a4981aa-9653-4bd1-bef5-d6bff52042e4" }, /no VPC network 5a4981aa/],
  [
    "a region whose network is not there yet",
    { publicIp: false, allowedCidrs: undefined },
    /no VPC network yet/,
    { defaultVpc: false },
  ],
  [
    "more droplets than the account may have",
    { nWorkers: 3 },
    /droplet limit is 3, and it has 0 droplets: 4 more do not fit/,
    { dropletLimit: 3 },
  ],
])("a start refuses %s and creates nothing", async (_what, options, words, cloud = {}) => {
  await using account = await TestAccount.open(cloud);
  const cluster = account.cluster({ ...FROM_HERE, ...options });
  await expect(cluster.start()).rejects.toThrow(words);
  expect(account.cloud.calls.operations().filter((operation) => !/^(?:get|list)/.test(operation))).toEqual([]);
});

test("a VPC network of another region is refused", async () => {
  await using account = await TestAccount.open();
  const vpc = account.cloud.account.vpcs.find(({ region }) => region === "fra1");
  const cluster = account.cluster({ ...FROM_HERE, vpcUuid: vpc?.id });
  await expect(cluster.start()).rejects.toThrow(/is in the region fra1, not in nyc3/);
});

test("a missing token is reported with where to get and set one", async () => {
  vi.stubEnv("DIGITALOCEAN_TOKEN", "");
  vi.stubEnv("DIGITALOCEAN_ACCESS_TOKEN", undefined);
  const start = new DropletCluster().start();
  await expect(start).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringMatching(/DIGITALOCEAN_TOKEN/),
  });
});

test("a wrong token or a missing scope fails at once", async () => {
  await using account = await TestAccount.open();
  const wrong = account.cluster({ token: "a-wrong-token" });
  await expect(wrong.start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringMatching(/does not accept the API token/),
  });
  account.cloud.forbidden = new Set(["createFirewall"]);
  const lacking = account.cluster(FROM_HERE);
  await expect(lacking.start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringMatching(/scopes/),
  });
  expect(account.cloud.leftovers(lacking.name)).toEqual([]);
});

test.each(["Your account is locked. Please contact support.", "This account has been suspended."])(
  "a locked account is named, not mistaken for missing scopes: %s",
  async (sentence) => {
    await using account = await TestAccount.open();
    account.cloud.account.locked = sentence;
    const error: unknown = await account
      .cluster(FROM_HERE)
      .start()
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "AUTH_FAILED", meaning: "permission" });
    expect(messageOf(error)).toMatch(/locked the account/);
    expect(messageOf(error)).not.toMatch(/scope/);
  },
);

test("a closed region is a transient lack of capacity; another region may have some", async () => {
  await using account = await TestAccount.open({ throttling: false });
  account.cloud.account.closedRegions = new Set(["nyc3"]);
  const cluster = account.cluster(FROM_HERE);
  const { machines, shortfall, uncertain } = await cluster.verbs.create(cluster.request("worker", 3), anHour());
  expect([machines, uncertain]).toEqual([[], false]);
  expect(shortfall).toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    meaning: "capacity",
    elsewhere: true,
    message: expect.stringMatching(/Another `instanceType` or `region`.*Region is not available/),
  });
});

test("the token option wins over the variables and is not recorded", () => {
  vi.stubEnv("DIGITALOCEAN_TOKEN", "from-the-variable");
  vi.stubEnv("DIGITALOCEAN_ACCESS_TOKEN", "of-doctl");
  const given = resolveDropletOptions("digitalocean", { token: "from-the-option" });
  expect([given.token, JSON.stringify(given.options).includes("from-the-option")]).toEqual(["from-the-option", false]);
  expect(resolveDropletOptions("digitalocean", {}).token).toBe("from-the-variable");
  vi.stubEnv("DIGITALOCEAN_TOKEN", "");
  expect(resolveDropletOptions("digitalocean", {}).token).toBe("of-doctl");
});

test("size stands for both roles, and a more important source wins", () => {
  const sizes = (options: DropletClusterOptions): unknown => {
    const { options: resolved } = resolveDropletOptions("digitalocean", options);
    return [resolved.schedulerInstanceType, resolved.workerInstanceType];
  };
  expect(sizes({})).toEqual(["s-2vcpu-4gb", "s-2vcpu-4gb"]);
  expect(sizes({ size: "c-2", workerSize: "c-4" })).toEqual(["c-2", "c-4"]);
  vi.stubEnv("DASK_CLOUDPROVIDER__DIGITALOCEAN__WORKER_SIZE", "c-8");
  expect(sizes({})).toEqual(["s-2vcpu-4gb", "c-8"]);
  expect(sizes({ size: "c-2" })).toEqual(["c-2", "c-2"]);
});
