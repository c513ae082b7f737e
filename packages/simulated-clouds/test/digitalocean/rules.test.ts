import { afterEach, beforeEach, expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { SimulatedDigitalOcean } from "../../src/digitalocean/simulated-digitalocean.ts";

const DROPLET = { region: "nyc3", size: "s-2vcpu-4gb", image: "ubuntu-24-04-x64", names: ["a"], tags: ["lab"] };
const RULE = { protocol: "tcp", ports: "8786", sources: { addresses: ["203.0.113.0/24"] } };

let cloud: SimulatedDigitalOcean;
beforeEach(async () => {
  cloud = await new SimulatedDigitalOcean({ throttling: false, listLagMs: 0, dropletLimit: 20 }).start();
});
afterEach(async () => {
  await cloud[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

async function ask(method: string, path: string, body?: unknown, token = [...cloud.tokens][0]): Promise<Answer> {
  const response = await fetch(`${cloud.endpoint}/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text.startsWith("{") ? JSON.parse(text) : {}) as Answer["body"],
    headers: response.headers,
  };
}

function bearer({ tokens }: SimulatedDigitalOcean): Record<string, string> {
  return { authorization: `Bearer ${[...tokens][0]}` };
}

async function make(body: object = {}): Promise<readonly { readonly id: number }[]> {
  const { body: answer } = await ask("POST", "/droplets", { ...DROPLET, ...body });
  return answer["droplets"] as { id: number }[];
}

test.each<[string, object, RegExp]>([
  ["eleven names", { names: Array.from({ length: 11 }, (_, nth) => `a${nth}`) }, /only create 10/],
  ["64 KiB of user data and one byte", { user_data: "x".repeat(65_537) }, /User data is too big/],
  ["a size that the region has not", { size: "c-2" }, /not available in this region/],
  ["a size that nobody has", { size: "s-none" }, /invalid size/],
  ["an image that nobody has", { image: "none" }, /invalid image/],
  ["a region that is none", { region: "abc1" }, /invalid region/],
  ["IPv6 without public networking", { public_networking: false, ipv6: true }, /ipv6/],
])("refuses droplets with %s and creates none", async (_what, body, words) => {
  const { status, body: answer } = await ask("POST", "/droplets", { ...DROPLET, ...body });
  expect([status, answer["id"], String(answer["message"])]).toEqual([
    422,
    "unprocessable_entity",
    expect.stringMatching(words),
  ]);
  expect([cloud.machines, cloud.violations]).toEqual([[], []]);
});

test.each<[string, string, string, object?]>([
  ["a misspelt field", "POST", "/droplets", { ...DROPLET, user_dat: "" }],
  ["a tag that cannot be", "POST", "/tags", { name: "a b" }],
  ["a wrong type", "POST", "/droplets", { ...DROPLET, monitoring: "yes" }],
  ["a path that is none", "GET", "/dropletts"],
  ["a parameter that is none", "GET", "/droplets?tag=lab"],
  ["too large a page", "GET", "/droplets?per_page=201"],
  ["a port that is none", "POST", "/firewalls", { name: "fw", inbound_rules: [{ ...RULE, ports: "dask" }] }],
])("rejects %s as malformed", async (_what, method, path, body) => {
  expect((await ask(method, path, body)).status).toBe(400);
  expect(cloud.violations).toHaveLength(1);
});

test("foreign tokens and missing scopes are refused", async () => {
  expect((await ask("GET", "/account", undefined, "other")).status).toBe(401);
  cloud.forbidden = new Set(["getAccount"]);
  expect((await ask("GET", "/account")).status).toBe(403);
});

test("a call creates all its droplets or none: beyond the limit none", async () => {
  await make({ names: Array.from({ length: 10 }, (_, nth) => `a${nth}`) });
  await make({ names: Array.from({ length: 9 }, (_, nth) => `b${nth}`) });
  const { status, body } = await ask("POST", "/droplets", { ...DROPLET, names: ["c0", "c1"] });
  expect([status, body["message"], cloud.machines.length]).toEqual([
    422,
    "creating this/these droplet(s) will exceed your droplet limit",
    19,
  ]);
});

test("a list has twenty entries a page by default and reports the total", async () => {
  cloud.account.dropletLimit = 100;
  for (const letter of ["a", "b", "c"])
    await make({ names: Array.from({ length: 10 }, (_, nth) => `${letter}${nth}`) });
  const first = await ask("GET", "/droplets?tag_name=lab");
  expect([first.body["meta"], (first.body["droplets"] as unknown[]).length]).toEqual([{ total: 30 }, 20]);
  const second = await ask("GET", "/droplets?tag_name=lab&page=2");
  expect((second.body["droplets"] as unknown[]).length).toBe(10);
  expect((await ask("GET", "/droplets?tag_name=other")).body["meta"]).toEqual({ total: 0 });
});

test("a firewall needs existing tags, a unique name and rules", async () => {
  const firewall = { name: "fw", tags: ["lab"], inbound_rules: [RULE] };
  expect((await ask("POST", "/firewalls", firewall)).status).toBe(422);
  expect((await ask("POST", "/tags", { name: "lab" })).status).toBe(201);
  expect((await ask("POST", "/firewalls", { ...firewall, inbound_rules: [] })).status).toBe(422);
  expect((await ask("POST", "/firewalls", firewall)).status).toBe(202);
  expect((await ask("POST", "/firewalls", firewall)).status).toBe(409);
});

test("without a firewall a droplet is open to everybody; with one, to the sources of its rules", async () => {
  const [droplet] = await make();
  const [other] = await make({ names: ["b"], tags: [] });
  const of = (id = 0): ReturnType<typeof cloud.account.droplet> => cloud.account.droplet(id);
  const admits = (source: string, port: number): boolean => of(droplet?.id).machine.input.admits(source, port);
  expect(admits("198.51.100.1", 22)).toBe(true);
  const members = { protocol: "tcp", ports: "0", sources: { tags: ["lab"] } };
  await ask("POST", "/firewalls", { name: "fw", tags: ["lab"], inbound_rules: [RULE, members] });
  const self = of(droplet?.id).machine.input.privateAddress;
  expect([
    admits("203.0.113.9", 8786),
    admits("203.0.113.9", 8787),
    admits("198.51.100.1", 8786),
    admits(self, 40_000),
    admits(of(other?.id).machine.input.privateAddress, 40_000),
  ]).toEqual([true, false, false, true, false]);
});

test("a powered-off droplet stays until it is deleted by tag or id", async () => {
  const [first, second] = await make({ names: ["a", "b"] });
  cloud.kill(String(first?.id));
  await until("it to be off", () => cloud.machines[0]?.status === "off");
  expect((await ask("DELETE", `/droplets/${second?.id}`)).status).toBe(204);
  expect((await ask("DELETE", `/droplets/${second?.id}`)).status).toBe(404);
  expect((await ask("DELETE", "/droplets?tag_name=lab")).status).toBe(204);
  await until("all to be gone", () => cloud.machines.length === 0);
  expect((await ask("GET", `/droplets/${first?.id}`)).status).toBe(404);
  // A tag stays until it is deleted itself.
  expect(cloud.leftovers("lab")).toEqual([{ kind: "tag", id: "lab" }]);
  expect([(await ask("DELETE", "/tags/lab")).status, (await ask("DELETE", "/tags/lab")).status]).toEqual([204, 404]);
});

test("a new droplet gets its addresses a moment later, and then its tags", async () => {
  await using slow = await new SimulatedDigitalOcean({ throttling: false, listLagMs: 1e9, addressMs: 1e9 }).start();
  cloud.account.dropletLimit = 20;
  const [droplet] = slow.account.createDroplets({ ...DROPLET, image: "ubuntu-24-04-x64" });
  expect(droplet?.toJson()).toMatchObject({ status: "new", networks: { v4: [] }, tags: [] });
});

test("a new droplet's deletion can be refused, or accepted without effect", async () => {
  await using slow = await new SimulatedDigitalOcean({
    throttling: false,
    listLagMs: 0,
    pendingMs: 1e9,
    bootMs: 1e9,
  }).start();
  const [droplet] = slow.account.createDroplets({ ...DROPLET, image: "ubuntu-24-04-x64" });
  const remove = async (path: string): Promise<number> =>
    (await fetch(`${slow.endpoint}/v2/droplets${path}`, { method: "DELETE", headers: bearer(slow) })).status;
  slow.account.youngDeletions = "refused";
  expect([await remove(`/${droplet?.id}`), await remove("?tag_name=lab")]).toEqual([422, 422]);
  slow.account.youngDeletions = "ignored";
  expect([await remove(`/${droplet?.id}`), await remove("?tag_name=lab")]).toEqual([204, 204]);
  expect(slow.machines.map(({ on }) => on)).toEqual([true]);
  slow.account.youngDeletions = "done";
  expect(await remove(`/${droplet?.id}`)).toBe(204);
});

test("a locked account gets 403 everywhere, and a closed region takes no droplets", async () => {
  cloud.account.closedRegions = new Set(["nyc3"]);
  expect((await ask("POST", "/droplets", DROPLET)).body["message"]).toBe("Region is not available");
  cloud.account.locked = "Your account is locked.";
  const { status, body } = await ask("GET", "/account");
  expect([status, body["message"]]).toEqual([403, "Your account is locked."]);
});

test("every response carries the hourly limit, even without throttling", async () => {
  const [one] = await make();
  cloud.forbidden = new Set(["listTags"]);
  cloud.faults.onOperation("listVpcs", "error-before");
  const answers = [
    await ask("GET", "/account"),
    await ask("GET", "/account", undefined, "other"),
    await ask("GET", "/tags"),
    await ask("GET", "/droplets/1"),
    await ask("GET", "/vpcs"),
    await ask("DELETE", `/droplets/${one?.id}`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 403, 404, 500, 204]);
  for (const { headers } of answers) {
    expect([headers.get("ratelimit-limit"), headers.get("ratelimit-remaining")]).toEqual(["5000", "5000"]);
    expect(Number(headers.get("ratelimit-reset"))).toBeGreaterThan(Date.now() / 1000);
  }
});

test("every response carries the limits, and throttled ones say when to retry", async () => {
  await using strict = await new SimulatedDigitalOcean({
    requestsPerMinute: 2,
    requestsPerHour: 100,
    speed: 1,
  }).start();
  const answers = await Promise.all(
    Array.from({ length: 3 }, async () =>
      fetch(`${strict.endpoint}/v2/account`, { headers: { authorization: `Bearer ${[...strict.tokens][0]}` } }),
    ),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.map(({ headers }) => headers.get("retry-after"))).toEqual(["2"]);
  expect(answers.map(({ headers }) => headers.get("ratelimit-limit"))).toEqual(["100", "100", "100"]);
});
