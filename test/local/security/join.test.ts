import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";

import { expect, test } from "vitest";

import { DEFAULT_JOIN_PORT } from "../../../src/bootstrap/node-spec.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { LocalCluster } from "../../../src/index.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";

isolatedState();

const COMPUTE = "from dask.distributed import Client; assert Client().submit(sum, [1, 2]).result() == 3";

/** One line to the relay, and its answer. */
async function askRelay(cluster: LocalCluster, request: object): Promise<unknown> {
  const { ports, security } = await readRecord(cluster.name);
  const { ca } = Security.fromRecord(security).materialFor("client");
  const host = new URL(cluster.schedulerAddress.replace("tls:", "https:")).hostname;
  const port = ports.join ?? DEFAULT_JOIN_PORT;
  return await new Promise((resolve, reject) => {
    const checkServerIdentity = (): undefined => undefined;
    const socket = connect({ host, port, ca, checkServerIdentity }, () => socket.write(`${JSON.stringify(request)}\n`));
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith("\n")) resolve(JSON.parse(text));
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed")));
  });
}

function newSpki(): string {
  return generateKeyPairSync("ec", { namedCurve: "P-256" })
    .publicKey.export({ type: "spki", format: "der" })
    .toString("base64");
}

test("Machines that join make their own keys; a foreign request is refused; the CA's key goes to who follows", async () => {
  await using cluster = new LocalCluster({ nWorkers: 1, security: { delivery: "join" } });
  const warnings: string[] = [];
  cluster.onProgress((event) => void (event.type === "warning" && warnings.push(event.message)));
  await cluster.start();
  expect(warnings).toEqual([]);
  expect(await cluster.run("python", ["-c", COMPUTE])).toBe(0);

  const machines = join(cluster.stateDirectory, "machines");
  const files = (name: string): string => join(machines, name, "root/etc/dask-fleet/tls");
  const held = readdirSync(machines).filter((name) => existsSync(files(name)));
  const keys = held.map((name) => readFileSync(join(files(name), "key.pem"), "utf8"));
  expect(new Set(keys).size).toBe(2);
  for (const name of held) {
    expect(existsSync(join(files(name), "token"))).toBe(false);
    expect(new X509Certificate(readFileSync(join(files(name), "cert.pem"))).subject).toBe(`CN=${name}`);
  }
  // The client's key, and neither a machine's nor the CA's.
  const record = JSON.stringify(await readRecord(cluster.name));
  expect(record.match(/BEGIN PRIVATE KEY/gu)).toHaveLength(1);

  const worker = held.find((name) => name.includes("worker")) ?? "";
  const forged = { v: 1, role: "worker", name: worker, spki: newSpki(), mac: "0".repeat(64), identity: null };
  expect(await askRelay(cluster, forged)).toMatchObject({
    refused: "it does not prove a token of its role that is still good",
  });
  expect(warnings).toEqual([expect.stringContaining(`certificate of worker ${worker}, and was refused`) as string]);

  await using second = await LocalCluster.attach(cluster.name, { standBy: true });
  await second.scale(2);
  expect([cluster.leads, (await cluster.workers()).length]).toEqual([true, 2]);
  await cluster.detach();
  expect(warnings.at(-1)).toContain("The key of the cluster's CA is in its record");
  // It has attached before.
  await until("the stand-by to lead", () => second.leads);
  await second.scale(3);
  await second.detach();
  await using third = await LocalCluster.attach(cluster.name, { standBy: true });
  await third.scale(4);
  expect((await third.workers()).length).toBe(4);
  await third.close();
});

test("Workers beside their scheduler join, too", async () => {
  await using cluster = new LocalCluster({ singleNode: true, security: { delivery: "join", authority: "record" } });
  await cluster.start();
  expect(await cluster.run("python", ["-c", COMPUTE])).toBe(0);
  const record = JSON.stringify(await readRecord(cluster.name));
  expect(record.match(/BEGIN PRIVATE KEY/gu)).toHaveLength(2);
});
