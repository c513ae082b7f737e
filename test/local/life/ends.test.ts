import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import { whyEnded } from "../../../src/cluster/scheduler/why-ended.ts";
import { durationInWords } from "../../../src/text/durations.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { parsePrometheus } from "../../support/prometheus-text.ts";
import { until } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

const { root } = isolatedState();
const directory = temporaryDirectory();
const MACHINE = { nodeName: "m", role: "scheduler", state: "stopped" } as const;

test("A cluster outlives its time without a client while a launcher is there, and ends after the last has left", async () => {
  const options = { ...NO_DASHBOARD, noClientTimeoutMs: patient(1500) };
  const cluster = new LocalCluster(options);
  const told = new Told(cluster);
  await cluster.start();
  const message = `ends after ${durationInWords(options.noClientTimeoutMs)} without a client`;
  expect(told.events).toContainEqual(expect.objectContaining({ type: "ends", message }));
  expect(cluster.describe()).toContain(message);
  const [listed] = await LocalCluster.list();
  expect(listed).toMatchObject({ noClientTimeoutMs: options.noClientTimeoutMs, idleTimeoutMs: undefined });
  // Longer than that.
  await expect(cluster.waitForWorkers(1, { timeoutMs: 2 * options.noClientTimeoutMs })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
  expect(cluster.state).toBe("running");

  await cluster.detach();
  const id = `${cluster.name}-scheduler`;
  const console = async (): Promise<string> =>
    await readFile(join(root(), cluster.name, "machines", id, "console.log"), "utf8");
  await until("the end of Dask", async () => (await console()).includes("the scheduler ended with status 0"), 30_000);
  const machine = { ...MACHINE, id };
  const spec = { clusterName: cluster.name, options, expiresAt: undefined } as unknown as Parameters<
    typeof whyEnded
  >[0]["spec"];
  const { reason, message: why } = whyEnded({ spec, machine, listed: machine, console: await console() });
  expect([reason, why]).toEqual(["no-client", expect.stringContaining("(no client, launcher or work for ")]);
  await LocalCluster.remove(cluster.name);
});

test("Prometheus reads all metrics at the gate with the client's certificate; a deadline ends the cluster", async () => {
  const cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 }).start();
  const told = new Told(cluster);
  const [worker] = await cluster.workers();
  const threads = expect.objectContaining({ name: "dask_worker_threads", labels: { worker: worker?.name } });
  expect(parsePrometheus(await cluster.metrics())).toContainEqual(threads);

  await cluster.writeClientConfig(directory());
  const file = async (of: string): Promise<string> => await readFile(join(directory(), of), "utf8");
  const [ca, cert, key] = await Promise.all([file("ca.pem"), file("client-cert.pem"), file("client-key.pem")]);
  // As docs/metrics.md says it.
  const servername = new X509Certificate(cert).subjectAltName?.replace("DNS:client.", "scheduler.");
  const { hostname: host } = new URL(cluster.schedulerAddress.replace("tls:", "https:"));
  const page = { host, port: DEFAULT_NODE_PORTS.gate, path: "/fleet/metrics", ca, cert, key, servername, agent: false };
  const [type, body] = await new Promise<[string | undefined, string]>((resolve, reject) => {
    request(page, (answer) => {
      text(answer).then((all) => resolve([answer.headers["content-type"], all]), reject);
    })
      .on("error", reject)
      .end();
  });
  expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(parsePrometheus(body)).toContainEqual(threads);

  await expect(cluster.setDeadline(new Date(0))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await cluster.setDeadline(new Date(Date.now() + 3_600_000));
  await cluster.setDeadline(undefined);
  await cluster.setDeadline(new Date(Date.now() + patient(2000)));
  await until("the close", () => cluster.state === "closed", 30_000);
  expect(cluster.closedBecause).toBe("lifetime");
  expect(told.warnings.at(-1)).toContain("(its deadline has passed)");
});
