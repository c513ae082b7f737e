import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type Socket, connect as connectTcp } from "node:net";
import { join } from "node:path";
import { type TLSSocket, createServer } from "node:tls";

import { describe, expect, test } from "vitest";

import type { TlsMaterial } from "../../../src/security/tls-material.ts";
import { StandInLauncher, linesOf, mac } from "../../support/join/stand-in-launcher.ts";
import { until } from "../../support/until.ts";
import { specsFor } from "./join-specs.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";
import { pythons } from "./pythons.ts";

const [{ python } = { python: "python3" }] = pythons();

function materialOf(launcher: StandInLauncher, role: "scheduler" | "worker"): TlsMaterial {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return launcher.material(role, { publicKey, pem });
}

/** All that the other side says before it ends the connection. */
async function saidUntilEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  await until("the connection to end", () => socket.closed);
  return text;
}

function crowd(count: number, host: string, port: number, localAddress: string): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connectTcp({ host, port, localAddress });
    socket.on("error", () => undefined);
    return socket;
  });
}

describe("a scheduler's machine that waits for its launcher", () => {
  test("says no word to others, and hears the launcher in a crowd", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, host } = specsFor(launcher, python);
    await using head = new NodeProcess(scheduler, "i-0head");
    await head.shows("for the launcher to sign");
    const stranger = new StandInLauncher();
    const worker = materialOf(launcher, "worker");
    for (const who of [{ cert: undefined, key: undefined }, stranger.client, { cert: worker.cert, key: worker.key }]) {
      const { cert, key } = who;
      const socket = await launcher.dial(host, 8788, { cert, key });
      socket.write(`${JSON.stringify({ v: 1, nonce: "00".repeat(32) })}\n`);
      expect(await saidUntilEnd(socket)).toBe("");
    }
    for (const line of ["x".repeat(1_000_000), "no JSON\n", "[]\n", `{"nonce":"00"}\n`, `{"nonce":7}\n`]) {
      const socket = await launcher.dial(host, 8788);
      socket.write(line);
      expect(await saidUntilEnd(socket)).toBe("");
    }
    const mute = crowd(1000, host, 8788, "127.66.0.1");
    try {
      await launcher.sign(scheduler, host);
    } finally {
      for (const socket of mute) socket.destroy();
    }
    await head.shows("Scheduler at:");
    expect(head.output.length).toBeLessThan(20_000);
  });

  test("believes no certificate of another key and no other files", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, host } = specsFor(launcher, python);
    await using head = new NodeProcess(scheduler, "i-0head");
    await head.shows("for the launcher to sign");
    const { cert } = materialOf(launcher, "scheduler");
    for (const [answer, words] of [
      [{ cert, files: "{}" }, "of another version"],
      [{ cert, files: null }, "no certificate yet: AttributeError"],
      [{ cert: 7 }, "no certificate yet: KeyError"],
    ] as const) {
      const socket = await launcher.dial(host, 8788);
      const lines = linesOf(socket);
      lines.send({ v: 1, nonce: "00".repeat(32) });
      await lines.receive();
      lines.send(answer);
      await saidUntilEnd(socket);
      await head.shows(words);
    }
    expect(readdirSync(join(head.root, "etc/dask-fleet/tls"))).not.toContain("cert.pem");
    await launcher.sign(scheduler, host);
    await head.shows("Scheduler at:");
  });
});

describe("a worker's machine that asks for its certificate", () => {
  test("asks nobody but its scheduler", async () => {
    const launcher = new StandInLauncher();
    const { worker, host } = specsFor(launcher, python);
    let material = new StandInLauncher().client;
    const heard: string[] = [];
    const server = createServer({ ...materialOf(launcher, "worker") }, (socket: TLSSocket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
    });
    server.setSecureContext(material);
    server.on("tlsClientError", () => undefined);
    server.listen(8789, host);
    await once(server, "listening");
    await using node = new NodeProcess(worker, "i-0worker");
    await node.shows(/port 8789 of .*self.signed certificate/u);
    material = materialOf(launcher, "worker");
    server.setSecureContext(material);
    await node.shows(/[Hh]ostname mismatch/u);
    expect(heard).toEqual([]);
    const closed = once(server, "close");
    server.close();
    await closed;
  });
});

describe("the scheduler that carries requests", () => {
  test("ends those that are no requests, and hears a worker in a crowd", async () => {
    const launcher = new StandInLauncher();
    const { scheduler, worker, host, address } = specsFor(launcher, python);
    await using head = new NodeProcess(scheduler, "i-0head");
    await launcher.sign(scheduler, host);
    await using client = await launcher.connect(address);
    await using _serving = await launcher.serve(client, worker);
    const ask = async (line: string): Promise<string> => {
      const socket = await launcher.dial(host, 8789, { cert: undefined, key: undefined });
      socket.write(line);
      return await saidUntilEnd(socket);
    };
    await until(
      "the relay",
      async () =>
        await ask("\n").then(
          (said) => said === "",
          () => false,
        ),
    );
    // With another's name, and without the token.
    const proof = mac("00".repeat(32), "join1", "worker", "i-0other", Buffer.alloc(91));
    const spki = Buffer.alloc(91).toString("base64");
    const forged = { v: 1, role: "worker", name: "i-0other", spki, mac: proof, identity: null };
    // Half a character is JSON, and nothing that Dask could carry to the launcher.
    const half = `${JSON.stringify({ ...forged, name: "\ud800" })}\n`;
    const deep = `${"[".repeat(16_000)}\n`;
    const nonsense = ["x".repeat(1_000_000), "no JSON\n", "[]\n", "{}\n", '{"role":7}\n', deep, half];
    for (const line of nonsense) expect(await ask(line)).toBe("");
    expect(head.output).not.toContain("Error");
    expect(await ask(`${JSON.stringify(forged)}\n`)).toBe(`{"refused": "not of this cluster"}\n`);
    expect(launcher.heard).toMatchObject([{ from: "127.0.0.1", isGenuine: false }]);

    const mute = crowd(1000, host, 8789, "127.66.0.3");
    try {
      await using node = new NodeProcess({ ...worker, host: ownAddress() }, "i-0worker");
      await node.shows("Starting established connection");
    } finally {
      for (const socket of mute) socket.destroy();
    }
    expect(head.exitCode).toBeNull();
  });
});
