import { expect, test, vi } from "vitest";

import { documentOf, signedDocument } from "../../../packages/simulated-clouds/src/ec2/instance-metadata.ts";
import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { KEY, askedIdentity } from "../asked-identity.ts";
import { type OpenCluster, TestAccount, anHour } from "./account.ts";

interface Given {
  readonly account: TestAccount;
  readonly cluster: OpenCluster;
  readonly machines: readonly Machine[];
  /** The verdict about the first machine. */
  readonly verdict: (document: string) => Promise<string | undefined>;
  readonly warnings: string[];
}

async function twoWorkers(account: TestAccount, options: EC2ClusterOptions = {}): Promise<Given> {
  const cluster = await account.cluster(options).prepared();
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { machines } = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  await vi.waitUntil(() => account.cloud.machines.every(({ state }) => state === "running"), 20_000);
  const warnings: string[] = [];
  const [first] = machines;
  if (first === undefined) throw new Error("no machine was made");
  const verdict = async (document: string): Promise<string | undefined> =>
    await cluster.provider.verifyIdentity(first, { document, key256: KEY }, anHour(), (each) => warnings.push(each));
  return { account, cluster, machines, verdict, warnings };
}

function surroundings({ cloud }: TestAccount, { id }: Machine): Record<string, string> {
  return { DASK_FLEET_METADATA_URL: `${cloud.endpoint}/imds/${id}` };
}

function claimed({ account: { cloud } }: Given, { id }: Machine): Readonly<Record<string, unknown>> {
  const instance = cloud.instances.find((each) => each.id === id);
  if (instance === undefined) throw new Error("no such instance");
  return documentOf(cloud.region, instance);
}

/** Documents that AWS signs, with changes. */
function changed(given: Given, machine: Machine, changes: Readonly<Record<string, unknown>>): string {
  return signedDocument(given.account.cloud.region, { ...claimed(given, machine), ...changes });
}

test("a machine's own document is good", async () => {
  await using account = await TestAccount.open();
  const { cluster, machines, verdict, warnings } = await twoWorkers(account);
  expect(cluster.provider.capabilities.identity).toBe("ec2");
  const [first] = machines;
  if (first === undefined) throw new Error("no machine");
  expect(await verdict(await askedIdentity("ec2", surroundings(account, first)))).toBeUndefined();
  expect(warnings).toEqual([]);
});

test("documents of others, of another place or time, and changed ones are refused", async () => {
  await using account = await TestAccount.open();
  const given = await twoWorkers(account);
  const { machines, verdict } = given;
  const [first, second] = machines;
  if (first === undefined || second === undefined) throw new Error("no machines");
  const own = changed(given, first, {});
  const flipped = Buffer.from(own, "base64");
  const at = flipped.indexOf(first.id);
  flipped[at + 5] = (flipped[at + 5] ?? 0) ^ 1;
  const attacks = {
    stolen: changed(given, second, {}),
    account: changed(given, first, { accountId: "999999999999" }),
    region: changed(given, first, { region: "eu-west-1" }),
    address: changed(given, first, { privateIp: "10.9.9.9" }),
    future: changed(given, first, { pendingTime: "2999-01-01T00:00:00Z" }),
    hostile: changed(given, first, { instanceId: "i-\u001B[31m\u202E" }),
    flipped: flipped.toString("base64"),
    signer: signedDocument("us-west-2", claimed(given, first)),
    short: own.slice(0, 200),
    json: Buffer.from("{}").toString("base64"),
    empty: "",
  };
  const verdicts = await Promise.all(
    Object.entries(attacks).map(async ([name, document]) => [name, await verdict(document)] as const),
  );
  expect(Object.fromEntries(verdicts)).toEqual({
    stolen: expect.stringMatching(/another's: it is about the instance i-\w+, not i-\w+$/u),
    account: expect.stringContaining("the account 999999999999, not 123456789012"),
    region: expect.stringContaining("the region eu-west-1, not us-east-1"),
    address: expect.stringContaining("the private address 10.9.9.9"),
    future: expect.stringContaining("pendingTime: 2999-01-01T00:00:00Z"),
    hostile: expect.stringContaining("i-\\u{1b}[31m\\u{202e}"),
    flipped: "its instance identity document is not signed by AWS for us-east-1",
    signer: "its instance identity document is not signed by AWS for us-east-1",
    short: expect.stringContaining("cannot be read"),
    json: expect.stringContaining("cannot be read"),
    empty: expect.stringContaining("cannot be read"),
  });
});

test("without AWS' certificate for the region, what the document says is compared, and one warning says so", async () => {
  await using account = await TestAccount.open();
  account.cloud.metadata.publishedRegions = ["eu-west-1"];
  const given = await twoWorkers(account);
  const [first, second] = given.machines;
  if (first === undefined || second === undefined) throw new Error("no machines");
  expect(await given.verdict(changed(given, first, {}))).toBeUndefined();
  expect(await given.verdict(changed(given, second, {}))).toContain("another's");
  expect(given.warnings).toEqual([expect.stringContaining("regions-certs.html has none for us-east-1")]);
  expect(given.warnings[0]).toContain("Machines join by token and address");
});

test("certificates that cannot be read are a warning, and are asked for again", async () => {
  await using account = await TestAccount.open();
  const given = await twoWorkers(account, { identityCertificates: "/nowhere/aws.pem" });
  const [first] = given.machines;
  if (first === undefined) throw new Error("no machine");
  expect(await given.verdict(changed(given, first, {}))).toBeUndefined();
  expect(given.warnings).toEqual([expect.stringContaining("/nowhere/aws.pem")]);
});

test("no document is asked for where the option says none", async () => {
  await using account = await TestAccount.open();
  const { identity } = account.cluster({ identityCertificates: "never" }).provider.capabilities;
  expect(identity).toBeUndefined();
  expect(() => account.cluster({ identityCertificates: "http://example.com/certs" })).toThrow("identityCertificates");
});
