import { expect, test, vi } from "vitest";

import { claimsOf } from "../../../packages/simulated-clouds/src/gcp/machine-identity.ts";
import type { GCPClusterOptions } from "../../../providers/gcp/index.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { KEY, OTHER_KEY, askedIdentity } from "../asked-identity.ts";
import { type OpenCluster, TestProject, anHour } from "./project.ts";

interface Given {
  readonly project: TestProject;
  readonly cluster: OpenCluster;
  readonly first: Machine;
  readonly second: Machine;
  /** The verdict about the first machine. */
  readonly verdict: (document: string, key256?: string) => Promise<string | undefined>;
}

const AUDIENCE = `dask-fleet:${KEY}`;

async function twoWorkers(project: TestProject, options: GCPClusterOptions = {}): Promise<Given> {
  const cluster = await project.cluster({ serviceAccount: "default", ...options }).prepared();
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { machines } = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  await vi.waitUntil(() => project.cloud.machines.every(({ status }) => status === "RUNNING"), 20_000);
  const [first, second] = machines;
  if (first === undefined || second === undefined) throw new Error("no machines were made");
  const verdict: Given["verdict"] = async (document, key256 = KEY) =>
    await cluster.provider.verifyIdentity(first, { document, key256 }, anHour());
  return { project, cluster, first, second, verdict };
}

function surroundings({ cloud }: TestProject, { nodeName }: Machine): Record<string, string> {
  return { DASK_FLEET_METADATA_URL: `${cloud.endpoint}/imds/${nodeName}` };
}

function claims({ project }: Given, { nodeName }: Machine, audience = AUDIENCE): Readonly<Record<string, unknown>> {
  const vm = project.cloud.account.vms.all.find(({ name }) => name === nodeName);
  if (vm === undefined) throw new Error("no such VM");
  return claimsOf(vm, audience);
}

test("a machine's own token is good for its own key alone", async () => {
  await using project = await TestProject.open();
  const { cluster, first, verdict } = await twoWorkers(project);
  expect(cluster.provider.capabilities.identity).toBe("gcp");
  const token = await askedIdentity("gcp", surroundings(project, first));
  expect(await verdict(token)).toBeUndefined();
  expect(await verdict(token, OTHER_KEY)).toContain(`the audience ${AUDIENCE.slice(0, 60)}`);
});

test("tokens of others, of another time, issuer or key, and changed ones are refused", async () => {
  await using project = await TestProject.open();
  const given = await twoWorkers(project);
  const { first, second, verdict } = given;
  const { identity } = project.cloud;
  const own = claims(given, first);
  const engine = (own["google"] as Record<string, Record<string, unknown>>)["compute_engine"];
  const about = (changes: Readonly<Record<string, unknown>>) => ({
    ...own,
    google: { compute_engine: { ...engine, ...changes } },
  });
  const now = Math.floor(Date.now() / 1000);
  const [header = "", body = "", signature = ""] = identity.token(own).split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none", kid: identity.keyId })).toString("base64url");
  const attacks = {
    stolen: identity.token(claims(given, second)),
    project: identity.token(about({ project_id: "other-project" })),
    zone: identity.token(about({ zone: "europe-west1-b" })),
    short: identity.token({ ...own, google: undefined }),
    expired: identity.token({ ...own, iat: now - 7200, exp: now - 3600 }),
    early: identity.token({ ...own, iat: now + 7200, exp: now + 10_800 }),
    eternal: identity.token({ ...own, exp: now + 10 * 86_400 }),
    issuer: identity.token({ ...own, iss: "https://accounts.example.com" }),
    hostile: identity.token(about({ zone: "\u001B[31m\u202E" })),
    flipped: `${header}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
    other: `${header}.${identity.token(claims(given, second)).split(".")[1]}.${signature}`,
    unsigned: `${none}.${body}.`,
    nonsense: "a.b.c",
  };
  const verdicts = await Promise.all(
    Object.entries(attacks).map(async ([name, token]) => [name, await verdict(token)] as const),
  );
  expect(Object.fromEntries(verdicts)).toEqual({
    stolen: expect.stringContaining(`the instance ${second.nodeName}, not ${first.nodeName}`),
    project: expect.stringContaining("the project other-project, not"),
    zone: expect.stringContaining("the zone europe-west1-b"),
    short: expect.stringContaining("the project (none), not"),
    expired: expect.stringContaining("expired at 2"),
    early: expect.stringContaining("good only from 2"),
    eternal: expect.stringContaining("from when to when"),
    issuer: expect.stringContaining("https://accounts.example.com"),
    hostile: expect.stringContaining("\\u{1b}[31m\\u{202e}"),
    flipped: "its identity token is not signed by Google",
    other: "its identity token is not signed by Google",
    unsigned: "its identity token cannot be read",
    nonsense: "its identity token cannot be read",
  });
});

test("clocks may be ten minutes apart", async () => {
  await using project = await TestProject.open();
  const given = await twoWorkers(project);
  const now = Math.floor(Date.now() / 1000);
  const at = (seconds: number): string =>
    project.cloud.identity.token({ ...claims(given, given.first), iat: now + seconds, exp: now + seconds + 3600 });
  expect([await given.verdict(at(590)), await given.verdict(at(-3600 - 590))]).toEqual([undefined, undefined]);
});

test("keys are asked for once, and again for a token of a newer key", async () => {
  await using project = await TestProject.open();
  const given = await twoWorkers(project);
  const token = (): string => project.cloud.identity.token(claims(given, given.first));
  await Promise.all(Array.from({ length: 20 }, async () => await given.verdict(token())));
  expect(project.cloud.identity.keysAsked).toBe(1);
  const later = performance.now() + 61_000;
  project.cloud.identity.keyId = "key-2";
  expect(await given.verdict(token())).toBe("its identity token is not signed by Google");
  vi.spyOn(performance, "now").mockReturnValue(later);
  expect(await given.verdict(token())).toBeUndefined();
  expect(project.cloud.identity.keysAsked).toBe(2);
});

test("keys that cannot be had are a transient failure that names the way out", async () => {
  await using project = await TestProject.open();
  const given = await twoWorkers(project, { identityCertificates: `${project.cloud.endpoint}/nothing-here` });
  const verdict = given.verdict(project.cloud.identity.token(claims(given, given.first)));
  await expect(verdict).rejects.toMatchObject({ code: "PROVIDER_FAILED", meaning: "transient" });
  await expect(verdict).rejects.toThrow(/Google's keys .* cannot be had \(.*nothing-here.*`identityCertificates`/u);
});

test("tokens are asked for only where every machine has a service account", async () => {
  await using project = await TestProject.open();
  const identityOf = (options: GCPClusterOptions): unknown => project.cluster(options).provider.capabilities.identity;
  expect(identityOf({})).toBeUndefined();
  expect(identityOf({ serviceAccount: "default", identityCertificates: "never" })).toBeUndefined();
  expect(identityOf({ serviceAccount: "default", workers: { cpu: { count: 1, instanceScopes: [] } } })).toBeUndefined();
});
