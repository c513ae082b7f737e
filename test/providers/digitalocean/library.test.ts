import { createServer, type RequestListener } from "node:http";

import { expect, test, vi } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { CallBudget } from "../../../providers/digitalocean/api/call-budget.ts";
import { DropletApi } from "../../../providers/digitalocean/api/client.ts";
import { loadLibrary } from "../../../providers/digitalocean/api/library.ts";
import { messageOf } from "../../../src/errors.ts";
import { sleep } from "../../../src/wait.ts";
import { looksAt } from "../../support/looks-at.ts";
import { until } from "../../support/until.ts";
import { anHour, TestAccount } from "./account.ts";

const TOKENS = ["token-of-one-0123456789", "token-of-another-0123456789"];

async function server(answer: RequestListener): Promise<Listening & { readonly endpoint: string }> {
  const listening = await Listening.open(createServer(answer), 0, "127.0.0.1");
  return Object.assign(listening, { endpoint: `http://127.0.0.1:${listening.port}` });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("two accounts side by side: each call has the token and the server of its own cluster", async () => {
  await using one = await TestAccount.open({ tokens: [TOKENS[0] ?? ""], dropletLimit: 3 });
  await using other = await TestAccount.open({ tokens: [TOKENS[1] ?? ""], dropletLimit: 7 });
  const limit = async (api: DropletApi): Promise<unknown> =>
    await api.call("limit", anHour(), async ({ sdk }) => (await sdk.account.getUserInformation()).droplet_limit);
  const apis = [await one.api(), await other.api()];
  const calls = Array.from({ length: 40 }, (_, nth) => limit(apis[nth % 2] as DropletApi));
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 40 }, (_, nth) => (nth % 2 === 0 ? 3 : 7)));
  const stolen = await DropletApi.open({ token: TOKENS[0], endpoint: other.cloud.endpoint, apiRetries: 0 });
  expect(await failureOf(limit(stolen))).toMatchObject({ code: "AUTH_FAILED" });
});

test("the library has no default token: a call without one is not sent", async () => {
  const { http } = await loadLibrary();
  expect(JSON.stringify(http.defaults)).not.toMatch(/bearer/i);
  await expect(http.get("http://127.0.0.1:1/v2/account")).rejects.toThrow("without a token");
});

test("lists of any length are complete", async () => {
  await using account = await TestAccount.open({ throttling: false, listLagMs: 0, pageSize: 20 });
  const cluster = account.cluster();
  const created = await cluster.verbs.create(cluster.request("worker", 41), anHour());
  expect(created.machines).toHaveLength(41);
  await expect.poll(async () => (await cluster.verbs.list(anHour())).length).toBe(41);
});

test("a list that changes while being read is read again and misses nothing that stays", async () => {
  const all = Array.from({ length: 6 }, (_, id) => ({ id }));
  let asked = 0;
  await using cloud = await server((request, response) => {
    const page = Number(new URL(request.url ?? "", "http://x").searchParams.get("page"));
    asked += 1;
    // The first item is deleted while the first page is under way: all others move up by one.
    const items = asked === 1 ? all : all.slice(1);
    const pages = page === 1 ? { next: "https://api.digitalocean.com/next" } : {};
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ tags: items.slice((page - 1) * 3, page * 3), links: { pages }, meta: { total: items.length } }),
    );
  });
  const api = await DropletApi.open({ token: TOKENS[0], endpoint: cloud.endpoint, apiRetries: 0 });
  const listed = await api.list<{ id: number }>("/tags", "tags", { idOf: ({ id }) => id }, anHour());
  expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 2, 3, 4, 5]));
});

const TRICKLE: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const drops = setInterval(() => response.write(" "), 10);
  response.on("close", () => clearInterval(drops));
};

test.each<[string, RequestListener]>([
  ["no answer comes", () => undefined],
  ["an answer comes byte by byte and never ends", TRICKLE],
])("every call has a deadline: %s", async (_what, answer) => {
  await using cloud = await server(answer);
  const api = await DropletApi.open({
    token: TOKENS[0],
    endpoint: cloud.endpoint,
    apiRetries: 1,
    answerTimeoutMs: 50,
  });
  const failure = await failureOf(api.call("list tags", anHour(), async ({ sdk }) => await sdk.tags.getTags()));
  expect(failure).toMatchObject({
    code: "PROVIDER_FAILED",
    message: expect.stringMatching(/did not answer in time after 2 attempts/),
  });
});

test("an aborted call ends at once with the signal's reason", async () => {
  await using cloud = await server(TRICKLE);
  const controller = new AbortController();
  const api = await DropletApi.open({ token: TOKENS[0], endpoint: cloud.endpoint, apiRetries: 0 });
  const waiting = failureOf(api.count("/droplets", controller.signal));
  const reason = new Error("changed my mind");
  controller.abort(reason);
  expect(await waiting).toBe(reason);
});

test("no error contains the token, whatever the server says", async () => {
  const token = TOKENS[0] ?? "";
  const echo: RequestListener = (request, response) => {
    const [, status] = (request.url ?? "").split("/");
    response.writeHead(Number(status), { "content-type": "application/json", "x-echo": token });
    response.end(JSON.stringify({ id: token, message: `you sent ${request.headers.authorization ?? ""}` }));
  };
  await using cloud = await server(echo);
  const failures = await Promise.all(
    [400, 401, 403, 404, 422, 429, 500, 503].map(async (status) => {
      const api = await DropletApi.open({ token, endpoint: `${cloud.endpoint}/${status}`, apiRetries: 0 });
      return await failureOf(api.count("/droplets", anHour()));
    }),
  );
  const nobody = await DropletApi.open({ token, endpoint: "http://127.0.0.1:1", apiRetries: 0 });
  failures.push(await failureOf(nobody.count("/droplets", anHour())), nobody);
  for (const failure of failures) {
    const words = looksAt(failure).join(" ");
    expect(words.includes(token), messageOf(failure)).toBe(false);
  }
});

test("redirects are not followed: the token goes to no other server", async () => {
  const asked: string[] = [];
  await using other = await server((request, response) => {
    asked.push(request.headers.authorization ?? "");
    response.end("{}");
  });
  await using cloud = await server((_request, response) => {
    response.writeHead(302, { location: `${other.endpoint}/v2/droplets` }).end();
  });
  const api = await DropletApi.open({ token: TOKENS[0], endpoint: cloud.endpoint, apiRetries: 0 });
  expect(await failureOf(api.count("/droplets", anHour()))).toMatchObject({ code: "PROVIDER_FAILED" });
  expect(asked).toEqual([]);
});

test.each([
  ["a page of a proxy", "<html>Sign in</html>", "text/html"],
  ["JSON of something else", '{"error": null}', "application/json"],
  ["nothing", "", "application/json"],
])("a response that did not come from DigitalOcean is named: %s", async (_what, body, type) => {
  await using cloud = await server((_request, response) => {
    response.setHeader("content-type", type);
    response.end(body);
  });
  const api = await DropletApi.open({ token: TOKENS[0], endpoint: cloud.endpoint, apiRetries: 0 });
  const list = api.list<{ id: number }>("/droplets", "droplets", { idOf: ({ id }) => id }, anHour());
  expect(await failureOf(list)).toMatchObject({
    code: "PROVIDER_FAILED",
    message: expect.stringContaining("did not come from DigitalOcean"),
  });
});

test("calls are spread over the rest of the window when few remain", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  try {
    const budget = new CallBudget();
    const told = (remaining: string): number => {
      budget.learn(
        new Headers({ "ratelimit-limit": "5000", "ratelimit-remaining": remaining, "ratelimit-reset": "1020" }),
      );
      return budget.spreadMs;
    };
    expect([budget.spreadMs, told("4999"), told("500"), told("399"), told("0")]).toEqual([0, 0, 0, 50, 20_000]);
    budget.learn(new Headers({ "content-type": "text/html" }));
    expect(budget.spreadMs).toBe(20_000);
    vi.setSystemTime(1_030_000);
    expect(budget.spreadMs).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a throttled call blocks all calls until the time that DigitalOcean names", async () => {
  const arrivals: number[] = [];
  await using cloud = await server((_request, response) => {
    arrivals.push(performance.now());
    const isFirst = arrivals.length === 1;
    response.writeHead(isFirst ? 429 : 200, { "content-type": "application/json", "retry-after": "0.4" });
    response.end(JSON.stringify({ meta: { total: 7 } }));
  });
  const api = await DropletApi.open({ token: TOKENS[0], endpoint: cloud.endpoint, apiRetries: 1 });
  const first = api.count("/droplets", anHour());
  await until("the first call to be turned away", () => arrivals.length === 1);
  await sleep(100);
  expect(await Promise.all([first, api.count("/droplets", anHour())])).toEqual([7, 7]);
  const [refused = 0, ...later] = arrivals;
  expect(later.map((at) => at - refused >= 390)).toEqual([true, true]);
});
