import { expect, test } from "vitest";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { manifest } from "../../../providers/aws/manifest.ts";
import { differences } from "../../../src/cluster-file/differences.ts";
import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { Security } from "../../../src/security/security.ts";
import { folderOfTest } from "./folder.ts";

const { write, env } = folderOfTest();
const FILE = `
provider: ec2
name: training
instance-type: m6i.large
region: eu-west-1
workers: 2
tags: { team: ml, cost: "1" }
env-vars: { TOKEN: hunter2 }
`;

type Recorded = Parameters<typeof differences>[1];

async function asked(content: string, set: string[] = []): Promise<Parameters<typeof differences>[0]> {
  const file = await readClusterFile(write("cluster.yaml", content), { env: env(), set });
  const { name, options } = EC2Cluster.definition.resolve(file.options);
  return { provider: name, options, schema: manifest.schema };
}

/** As a record holds it. */
async function recorded(content = FILE): Promise<Recorded> {
  const { provider, options } = await asked(content);
  const plain = JSON.parse(JSON.stringify({ ...options, security: true })) as Record<string, unknown>;
  const groups = [{ name: "default", size: options.nWorkers }];
  return { provider, options: plain, groups, security: Security.temporary().toRecord() };
}

test("The same file is the same cluster", async () => {
  expect(differences(await asked(FILE), await recorded())).toEqual({ scale: [], fixed: [] });
});

test("Another number of workers is scaled to, from the present target", async () => {
  const record = await recorded();
  expect(differences(await asked(FILE, ["workers=5"]), record)).toEqual({
    scale: [{ group: "default", from: 2, to: 5 }],
    fixed: [],
  });
  expect(differences(await asked(FILE, ["workers=5"]), record, { default: 5 })).toEqual({
    scale: [],
    fixed: [],
  });
});

test("What no running cluster can change is named with both values", async () => {
  const settings = ["instance-type=m6i.xlarge", "tags.cost=2", "spot=true", "disk-size=60", "idle-timeout=1h"];
  expect(differences(await asked(FILE, settings), await recorded()).fixed).toEqual(
    expect.arrayContaining([
      { option: "worker-instance-type", running: '`"m6i.large"`', asked: '`"m6i.xlarge"`' },
      { option: "tags.cost", running: '`"1"`', asked: '`"2"`' },
      { option: "idle-timeout", running: '`"20m"`', asked: '`"1h"`' },
      { option: "spot", running: "`false`", asked: "`true`" },
    ]),
  );
});

test("A secret is named, and not shown", async () => {
  const found = differences(await asked(FILE, ["env-vars.TOKEN=hunter3"]), await recorded());
  expect(found.fixed).toEqual([{ option: "env-vars", running: "[redacted]", asked: "[redacted]" }]);
});

test("Time-outs of the handle make no other cluster", async () => {
  const settings = ["start-timeout-ms=1000", "close-on-exit=false", "min-workers=1"];
  expect(differences(await asked(FILE, settings), await recorded())).toEqual({ scale: [], fixed: [] });
});

test("A place that the environment said is the record's", async () => {
  const { options, ...record } = await recorded(FILE.replace("region: eu-west-1\n", ""));
  const place = { searched: { region: "eu-west-1" } };
  expect(differences(await asked(FILE), { ...record, options, place }).fixed).toEqual([]);
  expect(
    differences(await asked(FILE.replace("region: eu-west-1\n", "")), { ...record, options, place }).fixed,
  ).toEqual([]);
  expect(differences(await asked(FILE, ["region=us-east-1"]), { ...record, options, place }).fixed).toEqual([
    { option: "region", running: '`"eu-west-1"`', asked: '`"us-east-1"`' },
  ]);
});

test("Another provider, no TLS and other certificates are another cluster", async () => {
  const record = await recorded();
  expect(differences(await asked(FILE), { ...record, provider: "gcp" }).fixed).toEqual([
    { option: "provider", running: "gcp", asked: "ec2" },
  ]);
  expect(differences(await asked(FILE, ["security=false"]), record).fixed).toEqual([
    { option: "security", running: "temporary certificates", asked: "no TLS" },
  ]);
});

const GROUPED = `
provider: ec2
name: training
workers:
  cpu: { count: 2, maximum: 9 }
  gpu: { maximum: 8, instance-type: [g6.xlarge, g5.xlarge], env-vars: { TOKEN: hunter2 }, resources: { GPU: 1 } }
`;

async function recordedGroups(): Promise<Recorded> {
  const record = await recorded(GROUPED);
  const { options } = await asked(GROUPED);
  return { ...record, groups: JSON.parse(JSON.stringify(options.groups)) as Recorded["groups"] };
}

test("The same groups are the same cluster; other numbers are scaled to, each group by itself", async () => {
  const record = await recordedGroups();
  expect(differences(await asked(GROUPED), record)).toEqual({ scale: [], fixed: [] });
  const set = ["workers.cpu.count=4", "workers.gpu.count=1"];
  expect(differences(await asked(GROUPED, set), record, { cpu: 3 })).toEqual({
    scale: [
      { group: "cpu", from: 3, to: 4 },
      { group: "gpu", from: 0, to: 1 },
    ],
    fixed: [],
  });
});

test("New, removed and changed groups are no running cluster's", async () => {
  const record = await recordedGroups();
  const changed = ["workers.gpu.maximum=4", "workers.gpu.spot=true", "workers.gpu.env-vars.TOKEN=hunter3"];
  expect(differences(await asked(GROUPED, changed), record)).toEqual({
    scale: [],
    fixed: expect.arrayContaining([
      { option: "workers.gpu.maximum", running: "`8`", asked: "`4`" },
      { option: "workers.gpu.spot", running: "none", asked: "`true`" },
      { option: "workers.gpu.env-vars", running: "[redacted]", asked: "[redacted]" },
    ]) as unknown,
  });
  const other = GROUPED.replace("gpu: {", "big: {");
  expect(differences(await asked(other), record).fixed).toEqual([
    { option: "workers.gpu", running: "a group of 0", asked: "none" },
    { option: "workers.big", running: "none", asked: "a group of 0" },
  ]);
  expect(differences(await asked(GROUPED), await recorded()).fixed).toContainEqual({
    option: "workers.default",
    running: "a group of 2",
    asked: "none",
  });
});
