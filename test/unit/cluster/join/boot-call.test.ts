import { randomBytes, X509Certificate } from "node:crypto";

import { expect, test } from "vitest";

import { callBoot } from "../../../../src/cluster/join/boot-call.ts";
import type { JoinAnswer } from "../../../../src/cluster/join/registrar.ts";
import { Registrar } from "../../../../src/cluster/join/registrar.ts";
import { JoinTokens } from "../../../../src/cluster/join/tokens.ts";
import { Deadline } from "../../../../src/deadline.ts";
import type { Capabilities } from "../../../../src/provider/machine.ts";
import { Security } from "../../../../src/security/security.ts";
import { until } from "../../../support/until.ts";
import { worker } from "../machines.ts";
import { MachineKey, offered } from "./asking.ts";
import { BootListener, type BootListenerOptions } from "./boot-listener.ts";

/** A launcher that waits for one scheduler. */
class Launcher {
  readonly security = Security.temporary({ delivery: "join" }).forCluster("join");
  readonly tokens = new JoinTokens({ lifeMs: 60_000 });
  readonly token = Buffer.from(this.tokens.use("scheduler"), "hex");
  readonly alarms: string[] = [];
  readonly registrar = new Registrar({
    spec: {
      security: this.security,
      tokens: this.tokens,
      capabilities: {} as Capabilities,
      options: { singleNode: false } as never,
    },
    provider: { verifyIdentity: () => Promise.resolve(undefined) },
    machineNamed: (name) => (name === "i-0" ? worker("i-0", { role: "scheduler" }) : undefined),
    warn: () => undefined,
    onAlarm: (_machine, why) => this.alarms.push(why),
  });

  listener(more: Partial<BootListenerOptions> = {}): BootListener {
    return new BootListener({ token: this.token, ...more });
  }

  async call(port: number, deadline = new Deadline(10_000)): Promise<string> {
    const decide = (...asked: Parameters<Registrar["answer"]>): Promise<JoinAnswer> => this.registrar.answer(...asked);
    return await callBoot({ host: "127.0.0.1", port }, this.security.materialFor("client"), decide, deadline);
  }
}

test("A scheduler's machine gets a certificate for the key that it shakes hands with, and sees the cluster's client", async () => {
  const launcher = new Launcher();
  await using machine = launcher.listener();
  const cert = await launcher.call(await machine.listen());

  expect(machine.certificates).toEqual([cert]);
  expect(new X509Certificate(cert).checkPrivateKey(machine.key.privateKey)).toBe(true);
  expect(new X509Certificate(cert).subjectAltName).toMatch(/^DNS:scheduler\./u);
  expect(machine.callers).toEqual([expect.stringMatching(/^DNS:client\.[0-9a-f]+\.dask\.internal$/u)]);
});

test("A lost last word is no alarm: the same key gets the same certificate", async () => {
  const launcher = new Launcher();
  await using machine = launcher.listener({ losesLast: true });
  const port = await machine.listen();

  await expect(launcher.call(port)).rejects.toMatchObject({ code: "SCHEDULER_UNREACHABLE" });
  const cert = await launcher.call(port);
  expect(machine.certificates).toEqual([cert, cert]);
  expect(launcher.alarms).toEqual([]);
});

test("Another key after the first is refused, and an alarm", async () => {
  const launcher = new Launcher();
  await using first = launcher.listener();
  await using second = launcher.listener();
  await launcher.call(await first.listen());

  await expect(launcher.call(await second.listen())).rejects.toThrow("a second key asks for the certificate");
  expect(second.certificates).toEqual([]);
  expect(launcher.alarms).toHaveLength(1);
});

test("A man in the middle who passes on the machine's own answer gets nothing: it is for another key", async () => {
  const launcher = new Launcher();
  const real = new MachineKey();
  await using between = launcher.listener({
    answer: (socket, nonce) => {
      const mac = offered("i-0", real, Buffer.from(nonce, "hex"), launcher.token).toString("hex");
      socket.write(`${JSON.stringify({ name: "i-0", mac })}\n`);
    },
  });

  await expect(launcher.call(await between.listen())).rejects.toThrow("it does not prove a token");
  await until("the refusal", () => between.refusals.length === 1);
  expect(between.certificates).toEqual([]);
  // The machine itself gets its certificate all the same.
  await using machine = launcher.listener({ key: real });
  expect(await launcher.call(await machine.listen())).toContain("BEGIN CERTIFICATE");
});

test("A listener with another token, or with a worker's, gets nothing", async () => {
  const launcher = new Launcher();
  for (const token of [randomBytes(32), Buffer.from(launcher.tokens.use("worker"), "hex")]) {
    await using stranger = launcher.listener({ token });
    await expect(launcher.call(await stranger.listen())).rejects.toThrow("it does not prove a token");
    expect(stranger.certificates).toEqual([]);
  }
});

test.each([
  ["nonsense", "nonsense\n"],
  ["JSON of another kind", "[]\n"],
  ["a MAC that is none", '{"name":"i-0","mac":"x"}\n'],
  ["a line without an end", "x".repeat(100_000)],
])("A listener that answers %s is left", async (_what, words) => {
  const launcher = new Launcher();
  await using machine = launcher.listener({ answer: (socket) => void socket.write(words) });

  await expect(launcher.call(await machine.listen())).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:PROTOCOL_VIOLATION|SCHEDULER_UNREACHABLE)$/u) as string,
  });
  expect(machine.certificates).toEqual([]);
});

test("A listener that never answers is left at the deadline, and an abort ends the call at once", async () => {
  const launcher = new Launcher();
  await using machine = launcher.listener({ answer: () => undefined });
  const port = await machine.listen();

  await expect(launcher.call(port, new Deadline(200))).rejects.toThrow("did not answer within 0.2 s");
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("enough")), 50);
  await expect(launcher.call(port, new Deadline(60_000, abort.signal))).rejects.toThrow("enough");
});
