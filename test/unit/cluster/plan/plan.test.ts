import { readFileSync } from "node:fs";

import { beforeEach, expect, test, vi } from "vitest";

import { EC2Cluster } from "../../../../providers/aws/index.ts";
import { GCPCluster } from "../../../../providers/gcp/index.ts";
import { LocalCluster } from "../../../../providers/local/index.ts";
import { planInBrief } from "../../../../src/cluster/plan/text/brief.ts";
import { planText } from "../../../../src/cluster/plan/text/plan-text.ts";
import { plainPlan } from "../../../../src/provider/plan.ts";
import { Security } from "../../../../src/security/security.ts";
import { isolatedState } from "../../../support/local-state.ts";
import { CLUSTERS, steady } from "./plans.ts";

isolatedState();

/** No credentials, and no place from elsewhere. */
beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^(?:AWS|AZURE|GOOGLE|CLOUDSDK|DIGITALOCEAN|DASK)_/u.test(name)) vi.stubEnv(name, undefined);
  }
});

const ESCAPE = "\u001B";

for (const [provider, make] of Object.entries(CLUSTERS)) {
  test(`${provider}: the text of a plan`, async () => {
    const cluster = make();
    const text = steady(planText(await cluster.plan()), cluster);
    await expect(`${text}\n`).toMatchFileSnapshot(`../../../golden/plan/${provider}.txt`);
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(cluster.state).toBe("new");
  });

  test(`${provider}: a plan is data`, async () => {
    const plan = await make().plan();
    const read = JSON.parse(JSON.stringify(plan)) as typeof plan;
    expect(read.machines.map(({ role, group, count }) => [role, group, count])).toEqual([
      ["scheduler", undefined, 1],
      ["worker", "default", 4],
    ]);
    expect(JSON.stringify(plan)).not.toContain("PRIVATE KEY");
  });
}

test("plans in a sentence", async () => {
  const sentences = await Promise.all(Object.values(CLUSTERS).map(async (make) => planInBrief(await make().plan())));
  expect(sentences).toEqual([
    "1 + 4 machines m7i-flex.large in us-east-1, 200 GiB, ends after 20 min without work, 5 min without a client or 4 h",
    "1 Standard_D2s_v5 + 4 Standard_D2s_v5 (spot) in eastus, 320 GiB, ends after 20 min without work or 5 min without a client",
    "1 e2-standard-2 + 4 n1-standard-4 in us-east1-c, 250 GiB, ends after 20 min without work or 5 min without a client",
    "1 + 4 machines s-2vcpu-4gb in nyc3, ends after 20 min without work or 5 min without a client",
    "1 VM.Standard.E4.Flex (2 OCPUs, 16 GB) + 4 VM.Standard.E4.Flex (2 OCPUs, 16 GB) (spot) in eu-frankfurt-1, 250 GiB, ends after 20 min without work or 5 min without a client",
    "1 + 4 machines on this computer, ends only when it is closed",
  ]);
  const alone = new EC2Cluster({ region: "us-east-1", idleTimeoutMs: 90_000, noClientTimeoutMs: 0 });
  expect(planInBrief(await alone.plan())).toBe(
    "1 machine m7i-flex.large in us-east-1, 40 GiB, ends after 90 s without work",
  );
});

test("a drawn name is the one that this cluster starts with", async () => {
  const cluster = new LocalCluster();
  const plan = await cluster.plan();
  expect([plan.name, plan.nameIsDrawn]).toEqual([cluster.name, true]);
  expect(planText(plan)).toContain("name and its id are random");
});

test("the text of a plan holds no terminal command, whatever options say", async () => {
  const hostile = `${ESCAPE}[31mred${ESCAPE}]0;title\u0007\u202E`;
  const cluster = new GCPCluster({
    dockerImage: `registry/${hostile}`,
    sourceImage: `image-${hostile}`,
    tags: { team: "data" },
  });
  const plan = await cluster.plan();
  for (const text of [planText(plan), planInBrief(plan)]) {
    // oxlint-disable-next-line eslint/no-control-regex -- they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/u);
  }
});

test("options that no start could obey fail a plan", async () => {
  const cluster = new EC2Cluster({ region: "us-east-1", envVars: { BIG: randomText(20_000) } });
  await expect(cluster.plan()).rejects.toMatchObject({ code: "USER_DATA_TOO_LARGE" });
});

test("a plan tells who fetches which secrets by which identity, and no value", async () => {
  const { ca } = Security.temporary().materialFor("client");
  const cluster = new EC2Cluster({
    region: "us-east-1",
    runtime: "native",
    iamInstanceProfile: "dask-machines",
    workers: { cpu: { count: 1 }, gpu: { iamInstanceProfile: "dask-gpu", envVars: { HF: { from: "aws-ssm:/hf" } } } },
    security: {
      ca,
      cert: "aws-sm:dask/tls#cert",
      key: "aws-sm:dask/tls#key",
      client: { cert: "gcp-sm:projects/lab-1234/secrets/c" },
    },
    envVars: { TOKEN: { from: "aws-sm:dask/token" }, PASSWORD: "hunter2" },
  });
  const plan = await cluster.plan();
  const tls = [
    { reference: "aws-sm:dask/tls#cert", uses: ["cert"] },
    { reference: "aws-sm:dask/tls#key", uses: ["key"] },
  ];
  const own = [...tls, { reference: "aws-sm:dask/token", uses: ["TOKEN"] }];
  const identity = "instance profile dask-machines";
  expect(plan.secrets).toEqual([
    { who: "scheduler", group: undefined, identity, secrets: own },
    { who: "worker", group: "cpu", identity, secrets: own },
    {
      who: "worker",
      group: "gpu",
      identity: "instance profile dask-gpu",
      secrets: [...own, { reference: "aws-ssm:/hf", uses: ["HF"] }],
    },
    {
      who: "launcher",
      group: undefined,
      identity: "this computer's own credentials",
      secrets: [{ reference: "gcp-sm:projects/lab-1234/secrets/c", uses: ["cert"] }],
    },
  ]);
  const text = planText(plan);
  const words = text.replaceAll(/\s+/gu, " ");
  expect(words).toContain(
    "Secrets scheduler aws-sm:dask/tls#cert (cert), aws-sm:dask/tls#key (key), aws-sm:dask/token (TOKEN), by instance profile dask-machines workers cpu aws-sm:",
  );
  expect(words).toContain(
    "launcher gcp-sm:projects/lab-1234/secrets/c (cert), by this computer's own credentials Ends",
  );
  expect(words).toContain("mutual TLS with your certificates, which machines fetch");
  for (const told of [text, JSON.stringify(plan)]) expect(told).not.toMatch(/hunter2|BEGIN/u);
  const plain = await new EC2Cluster({ region: "us-east-1" }).plan();
  expect([plain.secrets, planText(plain).includes("Secrets")]).toEqual([[], false]);
});

test("a provider that describes nothing still has machines in its plan", () => {
  const groups = [{ name: "cpu", size: 2, minimum: 0, quorum: 2, options: {} }];
  const plan = plainPlan({ name: "lab" }, { tags: { creator: "dask-fleet" }, groups, look: false, isNamed: true });
  expect(plan.machines.map(({ role, group, count }) => [role, group, count])).toEqual([
    ["scheduler", undefined, 1],
    ["worker", "cpu", 2],
  ]);
});

test("the page shows the text of a plan as it is", () => {
  const golden = readFileSync(new URL("../../../golden/plan/ec2.txt", import.meta.url), "utf8").trimEnd();
  expect(readFileSync(new URL("../../../../docs/plan.md", import.meta.url), "utf8")).toContain(golden);
});

/** Nothing compresses it. */
function randomText(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64");
}
