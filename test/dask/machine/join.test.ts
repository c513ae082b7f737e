import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { StandInLauncher } from "../../support/join/stand-in-launcher.ts";
import { askClient } from "./client.ts";
import { specsFor } from "./join-specs.ts";
import { NodeProcess } from "./node-process.ts";
import { pythons } from "./pythons.ts";

const TLS = "etc/dask-fleet/tls";

describe.each(pythons())("machines that make their own keys, with distributed $version", ({ python }) => {
  test("get certificates, compute, and keep them when they are started again", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, worker, host, address } = specsFor(launcher, python);
    await using early = new NodeProcess(worker, "i-0early");
    await early.shows("waiting for a certificate");
    await using head = new NodeProcess(scheduler, "i-0head");
    const spki = await launcher.sign(scheduler, host);
    await using client = await launcher.connect(address);
    const serving = await launcher.serve(client, worker);
    await early.shows("Starting established connection");
    await serving[Symbol.asyncDispose]();
    expect(launcher.heard).toMatchObject([{ from: worker.host, name: "i-0early", isGenuine: true }]);
    const answer = await askClient(python, address, launcher.client, "answer = client.submit(sum, [1, 2, 3]).result()");
    expect(answer).toBe(6);

    for (const { root, output } of [head, early]) {
      expect(readdirSync(join(root, TLS)).toSorted()).toEqual(["ca.pem", "cert.pem", "key.pem"]);
      for (const file of ["cert.pem", "key.pem"]) expect(statSync(join(root, TLS, file)).mode & 0o777).toBe(0o600);
      expect(output).not.toContain("PRIVATE KEY");
      for (const token of Object.values(launcher.tokens)) expect(output).not.toContain(token);
    }

    const kept = readFileSync(join(head.root, TLS, "key.pem"), "utf8");
    head.killAll();
    await early.shows("waiting for it to come back");
    await using again = head.again();
    await early.shows(/Starting established connection[^]*Starting established connection/u);
    expect(readFileSync(join(again.root, TLS, "key.pem"), "utf8")).toBe(kept);
    expect(spki).toHaveLength(91);
    expect(launcher.heard).toHaveLength(1);
  });

  test("ask again with the same key after a kill, and when the answer was lost", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, worker, host, address } = specsFor(launcher, python);
    await using killed = new NodeProcess(scheduler, "i-0head");
    await killed.shows("for the launcher to sign");
    const key = readFileSync(join(killed.root, TLS, "key.pem"), "utf8");
    killed.killAll();
    await using head = killed.again();
    await launcher.sign(scheduler, host);
    expect(readFileSync(join(head.root, TLS, "key.pem"), "utf8")).toBe(key);

    await using client = await launcher.connect(address);
    let asked = 0;
    const judge = (): { wait: number } | undefined => ((asked += 1) < 3 ? { wait: 0.2 } : undefined);
    await using _serving = await launcher.serve(client, worker, { judge });
    await using node = new NodeProcess(worker, "i-0worker");
    await node.shows("Starting established connection");
    expect(new Set(launcher.heard.map(({ spki }) => spki)).size).toBe(1);
    expect(launcher.heard).toHaveLength(3);
  });

  test("of a single node get one for each role", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, host, address } = specsFor(launcher, python);
    const single: NodeSpec = { ...scheduler, beside: { security: launcher.joins("worker") } };
    await using head = new NodeProcess(single, "i-0head");
    await using beside = head.again("dask-worker");
    await launcher.sign(single, host);
    await using client = await launcher.connect(address);
    await using _serving = await launcher.serve(client, single);
    await beside.shows("Starting established connection");
    expect(launcher.heard).toMatchObject([{ from: host, name: "i-0head", isGenuine: true }]);
    const key = (folder: string): string => readFileSync(join(head.root, "etc/dask-fleet", folder, "key.pem"), "utf8");
    expect(key("tls")).not.toBe(key("tls-worker"));
    expect(existsSync(join(head.root, "etc/dask-fleet/tls-worker/token"))).toBe(false);
  });
});

describe("a machine that gets no certificate", () => {
  const [{ python } = { python: "python3" }] = pythons();

  test("ends at its deadline with what it waited for", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, worker, host } = specsFor(launcher, python, { startTimeoutMs: 3000 });
    await using head = new NodeProcess(scheduler, "i-0head");
    await using node = new NodeProcess(worker, "i-0worker");
    expect(await head.ends()).toBe(124);
    expect(head.output).toContain("gave up: no launcher came to port 8788 within");
    expect(await node.ends()).toBe(124);
    expect(node.output).toMatch(new RegExp(`gave up: no certificate came within .*port 8789 of ${host}`, "u"));
    expect(head.pids()).toEqual([]);
  });

  test("says why it was refused, and is not started again", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, worker, host, address } = specsFor(launcher, python);
    await using head = new NodeProcess(scheduler, "i-0head");
    await launcher.sign(scheduler, host);
    await using client = await launcher.connect(address);
    const judge = (): { refused: string } => ({ refused: "another key was signed\u001B[31m\nfor it" });
    await using _serving = await launcher.serve(client, worker, { judge });
    await using node = new NodeProcess(worker, "i-0worker");
    expect(await node.ends()).toBe(124);
    expect(node.output).toContain(
      "gave up: the launcher gives this machine no certificate: another key was signed?[31m?for it",
    );
    expect(node.output).not.toContain("another machine would fail");
    expect(head.exitCode).toBeNull();
  });

  test("ends when it is told to", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, worker } = specsFor(launcher, python);
    await using head = new NodeProcess(scheduler, "i-0head");
    await using node = new NodeProcess(worker, "i-0worker");
    await head.shows("for the launcher to sign");
    await node.shows("waiting for a certificate");
    for (const each of [head, node]) each.signal("SIGTERM");
    expect(await head.ends()).toBe(143);
    expect(await node.ends()).toBe(143);
    expect([...head.pids(), ...node.pids()]).toEqual([]);
  });

  test("without openssl says so, as every other machine would", async () => {
    const launcher = new StandInLauncher();
    const { scheduler } = specsFor(launcher, python);
    await using head = new NodeProcess(
      { ...scheduler, pythonArgs: ["PATH=/nowhere", python], python: "env" },
      "i-0head",
    );
    expect(await head.ends()).toBe(78);
    expect(head.output).toContain("there is no openssl on this machine");
  });
});
