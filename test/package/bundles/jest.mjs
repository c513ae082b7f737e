// A user's test in Jest, whose tests live in a realm of their own: what Node.js throws is no instance of the Error there.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { DaskFleetError, Security } from "dask-fleet";
import { EC2Cluster } from "dask-fleet/aws";
import { LocalCluster } from "dask-fleet/local";

test("this is another realm", () => {
  let thrown;
  try {
    readFileSync("/nowhere/ca.pem");
  } catch (error) {
    thrown = error;
  }
  expect([thrown.code, thrown instanceof Error]).toEqual(["ENOENT", false]);
});

test("files that are not there are told in our words", async () => {
  const missing = { tlsCaFile: "/nowhere/ca.pem", tlsClientCert: "/nowhere/c.pem", tlsClientKey: "/nowhere/k.pem" };
  const start = new LocalCluster({ security: new Security(missing) }).start();
  const error = await start.catch((caught) => caught);
  expect(error).toBeInstanceOf(DaskFleetError);
  expect(error.message).toMatch(/^.tlsCaFile.: no file at .nowhere.ca[.]pem/);
});

test("a missing SDK is told with the command that installs it", async () => {
  await expect(new EC2Cluster({ region: "us-east-1" }).start()).rejects.toMatchObject({
    code: "SDK_MISSING",
    message: expect.stringMatching(/needs the package @aws-sdk\/client-ec2: npm install/),
  });
});

test("an unsuitable Python is told", async () => {
  await expect(new LocalCluster({ python: "/nowhere/python" }).start()).rejects.toMatchObject({
    code: "PYTHON_UNSUITABLE",
  });
});

test("a cluster lives, and ends when its scheduler does", async () => {
  const cluster = await new LocalCluster({ nWorkers: 1 }).start();
  try {
    const code = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
    expect(await cluster.run("python", ["-c", code])).toBe(0);
    // Behind our back: the errors of its connections are Node's own.
    await cluster.run("python", ["-c", "from distributed import Client; Client().shutdown()"]);
    const deadline = Date.now() + 30_000;
    while (cluster.closedBecause === undefined && Date.now() < deadline) await sleep(50);
    expect(cluster.closedBecause).toBeDefined();
  } finally {
    await cluster.close();
  }
  expect(existsSync(cluster.stateDirectory)).toBe(false);
  await expect(cluster.scale(1)).rejects.toBeInstanceOf(DaskFleetError);
}, 120_000);
