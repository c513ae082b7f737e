import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { TestProject } from "./project.ts";

const MODULE = fileURLToPath(new URL("../../../providers/gcp/index.ts", import.meta.url));

/** Lives a part of a cluster's life in a process of its own and tells, step by step, what it has loaded of Google's SDK. */
const PROGRAM = `
import { createRequire } from "node:module";
const { cache } = createRequire(import.meta.url);
const loaded = () => Object.keys(cache)
  .filter((path) => path.includes("@google-cloud/compute/build/src/") && path.endsWith(".js"))
  .map((path) => path.replace(/^.*[/]build[/]src[/](?:v1[/])?/, "").replace(/_client[.]js$/, ""));
const steps = {};
const { GCPCluster } = await import(${JSON.stringify(MODULE)});
const options = { allowedCidrs: ["127.0.0.1/32"], listLagMs: 50 };
const cluster = new GCPCluster(options);
cluster.previewStartupScript("worker");
steps.made = loaded();
const provider = GCPCluster.definition.resolve(options).open();
const whose = { name: cluster.name, ids: [cluster.id] };
const signal = AbortSignal.timeout(30_000);
const tags = { creator: "dask-fleet", "cluster-name": cluster.name, "cluster-id": cluster.id ?? "" };
await provider.prepare(whose, { tags, groups: [] }, signal);
const userData = Buffer.from("#cloud-config");
const request = (role) => ({ role, count: 1, userData, token: role, tags: { ...tags, role } });
await provider.create(whose, request("scheduler"), signal);
await provider.create(whose, request("worker"), signal);
await provider.destroy(whose, await provider.list(whose, signal), signal);
steps.lived = loaded();
await provider.release(whose, signal);
steps.released = loaded();
await provider.disconnect();
console.log(JSON.stringify(steps));
`;

test("constructing a cluster loads no SDK, starting one only what it needs; then the process exits", async () => {
  await using project = await TestProject.open({ stoppingMs: 0 });
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    env: process.env,
    timeout: 60_000,
  });
  // The SDK would warn of its own default here.
  expect(stderr).not.toMatch(/warning|deprecated/i);
  const { made, lived, released } = JSON.parse(stdout) as Record<string, string[]>;
  expect(made).toEqual([]);
  const clients = [
    "firewalls",
    "global_operations",
    "images",
    "instances",
    "machine_types",
    "networks",
    "zone_operations",
  ];
  expect(lived?.toSorted()).toEqual(clients);
  expect(released?.toSorted()).toEqual([...clients, "disks"].toSorted());
  expect(project.cloud.violations).toEqual([]);
});
