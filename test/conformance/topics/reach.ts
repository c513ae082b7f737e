import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { afterAll, beforeAll, describe, expect } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { seconds } from "../../../src/deadline.ts";
import { Security } from "../../../src/security/security.ts";
import { mayCarryKeys } from "../../support/no-secret-told/told-in-tests.ts";
import { patient } from "../../support/patience.ts";
import { ACCEPTED_VARIANTS } from "../../unit/security/accepted-variants.ts";
import { OpensslFiles } from "../../unit/security/openssl-files.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { toldTo } from "../told.ts";
import { sentences } from "../world.ts";

export function describeReach(provider: ProviderUnderTest): void {
  describe(`${provider.name}: access`, () => {
    const holds = sentences(provider);
    let files: OpensslFiles;
    beforeAll(() => {
      files = new OpensslFiles();
    });
    afterAll(() => files[Symbol.dispose]());

    holds("publicIp: false gives no machine a public address, and clients use the private one", async (world) => {
      const cluster = await world.started({ nWorkers: 2, publicIp: false });
      expect(world.alive().map(({ publicAddress }) => publicAddress)).toEqual([undefined, undefined, undefined]);
      expect(cluster.schedulerAddress).toBe(`tls://${world.scheduler().privateAddress}:8786`);
      expect(await cluster.workers()).toHaveLength(2);
    });

    holds("publicIp: false without allowedCidrs admits the network's own addresses", async (world) => {
      const cluster = await world.started({ nWorkers: 1, publicIp: false, allowedCidrs: undefined });
      expect(await cluster.workers()).toHaveLength(1);
    });

    holds("a launcher outside allowedCidrs is blocked; its start fails in time and leaves nothing", async (world) => {
      const startTimeoutMs = patient(9000);
      const cluster = world.cluster({ nWorkers: 1, allowedCidrs: ["203.0.113.0/24"], startTimeoutMs });
      await expect(cluster.start()).rejects.toMatchObject({
        code: "TIMEOUT",
        message: expect.stringContaining(
          `Timed out after ${seconds(startTimeoutMs)} waiting for the scheduler at tls://127.`,
        ),
      });
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds("the firewall admits this computer by default, at the address from the address service", async (world) => {
      const { endpoint } = world.cloud.cloud;
      const addressService = `${endpoint}/checkip`;
      const cluster = await world.started({ nWorkers: 1, allowedCidrs: undefined, addressService });
      expect(await cluster.workers()).toHaveLength(1);
      const texts = world.cloud.recorder.requests.map(({ request }) =>
        // Only EC2 encodes; a user data as it stands, DigitalOcean's, has percent signs of its own.
        `${request.url.search}${request.body.toString()}`.replaceAll("%2F", "/"),
      );
      expect(texts.filter((text) => text.includes("127.0.0.1/32"))).toHaveLength(1);
      // Whom machines may call themselves is another matter.
      const sources = texts.map((text) => text.replaceAll(/"destinations":\{[^}]*\}|"destination":"[^"]*"/g, ""));
      expect(sources.filter((text) => text.includes("0.0.0.0/0"))).toEqual([]);
    });

    holds(
      "an unreachable address service fails the start before anything is created; the error names allowedCidrs",
      async (world) => {
        const server = createServer((_request, response) => response.writeHead(404).end("not here"));
        await using service = await Listening.open(server, 0, "127.0.0.1");
        const addressService = `http://127.0.0.1:${service.port}/`;
        const cluster = world.cluster({ nWorkers: 1, allowedCidrs: undefined, addressService });
        await expect(cluster.start()).rejects.toMatchObject({
          code: "CONFIG_INVALID",
          message: expect.stringContaining("allowedCidrs"),
        });
        const machines = world.mutations.filter((operation) => provider.makesMachines(operation));
        expect([machines, world.leftovers(cluster)]).toEqual([[], []]);
      },
    );

    holds("security: false uses plain tcp:// and gives no machine a key", async (world) => {
      const cluster = await world.started({ nWorkers: 2, security: false });
      expect(cluster.schedulerAddress).toBe(`tcp://${world.scheduler().publicAddress}:8786`);
      expect(await cluster.workers()).toHaveLength(2);
      for (const machine of world.alive())
        expect([...toldTo(machine).files.values()].join("\n")).not.toContain("PRIVATE KEY");
    });

    holds("a certificate of your own that expires before the cluster does is refused at once", async (world) => {
      const { cert, key } = files.selfSigned("short", { days: 2 });
      const security = new Security({ tlsCaFile: cert, tlsClientCert: cert, tlsClientKey: key });
      const days = (count: number): number => count * 86_400_000;
      const cluster = world.cluster({ nWorkers: 1, security, maxLifetimeMs: days(3) });
      await expect(cluster.start()).rejects.toMatchObject({
        code: "SECURITY_INVALID",
        message: expect.stringMatching(/expires at .*, before .*, until when the cluster may run/),
      });
      expect(world.cloud.cloud.calls.operations()).toEqual([]);
      const shorter = mayCarryKeys(world.cluster({ nWorkers: 1, security, maxLifetimeMs: days(1) }));
      await shorter.start();
      expect(await shorter.workers()).toHaveLength(1);
    });

    holds("your own certificates serve every role, and only machines of a role get its key", async (world) => {
      const variant = "a CA and a separate leaf per role, the client's for clients only";
      const security = new Security(ACCEPTED_VARIANTS[variant]?.(files) ?? {});
      const cluster = mayCarryKeys(world.cluster({ nWorkers: 2, security }));
      await cluster.start();
      expect(await cluster.workers()).toHaveLength(2);
      const key = (name: string): string => readFileSync(files.path(`${name}.key`), "utf8").split("\n")[1] ?? "";
      const keys = {
        scheduler: key("scheduler"),
        worker: key("worker"),
        client: key("client"),
        authority: key("role-ca"),
      };
      for (const machine of world.alive()) {
        const text = [...toldTo(machine).files.values()].join("\n");
        const found = Object.entries(keys).flatMap(([name, body]) => (text.includes(body) ? [name] : []));
        expect(found).toEqual([machine.role]);
      }
    });
  });
}
