// A user's program in plain JavaScript. The package check runs it against the packed and installed library: a real cluster.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { inspect } from "node:util";

import { DaskFleetError, Security } from "dask-fleet";
import { DropletCluster } from "dask-fleet/digitalocean";
import { LocalCluster } from "dask-fleet/local";

// Records of other clusters on this computer do not count.
process.env.XDG_STATE_HOME = join(process.cwd(), "state");

const security = Security.temporary();
assert.ok(!inspect(security, { showHidden: true, depth: 9 }).includes("PRIVATE KEY"));
assert.throws(() => new Security({ tlsCaFil: "ca.pem" }), { code: "SECURITY_INVALID" });
assert.throws(() => new LocalCluster({ nWorker: 2 }), /Did you mean "nWorkers"/);

// Here no cloud's SDK is installed. The check passes the list of providers.
const providers = JSON.parse(readFileSync("providers.json", "utf8"));
assert.ok(providers.some(({ sdk }) => sdk.length > 0));
for (const { folder, className, needed, sdk } of providers.filter((each) => each.sdk.length > 0)) {
  const without = new (await import(`dask-fleet/${folder}`))[className]({ ...needed, nWorkers: 2 });
  const message = new RegExp(`Cluster needs the package (${sdk.join("|")}): npm install "\\1@`);
  await assert.rejects(without.start(), { code: "SDK_MISSING", message });
  assert.equal(existsSync(without.stateDirectory), false);
}

// DigitalOcean's library comes along, with what it needs inside: npm has installed none of that.
assert.deepEqual(
  readdirSync("node_modules").filter((name) => /axios|follow-redirects|form-data|digitalocean/.test(name)),
  [],
);
const asked = [];
const cloud = createServer((request, response) => {
  asked.push(`${request.headers.authorization} ${request.url.replace(/\?.*/, "")}`);
  const part = new URL(request.url, "http://x").pathname.split("/").at(-1);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ [part]: [], links: {}, meta: { total: 0 } }));
});
await new Promise((listening) => cloud.listen(0, "127.0.0.1", listening));
try {
  const endpoint = `http://127.0.0.1:${cloud.address().port}`;
  assert.deepEqual(await DropletCluster.list({ token: "a-token", endpoint }), []);
} finally {
  cloud.closeAllConnections();
  cloud.close();
}
assert.deepEqual(
  asked.sort((a, b) => a.localeCompare(b)),
  ["droplets", "firewalls", "tags"].map((part) => `Bearer a-token /v2/${part}`),
);

const cluster = await new LocalCluster({ nWorkers: 1 }).start();
try {
  const code = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
  assert.equal(await cluster.run("python", ["-c", code]), 0);
  assert.equal((await cluster.workers()).length, 1);
} finally {
  await cluster.close();
}
assert.equal(existsSync(cluster.stateDirectory), false);
await assert.rejects(cluster.scale(1), DaskFleetError);
