import { createServer, type RequestListener } from "node:http";

import { expect, test } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, json, type OpenCluster, TestSubscription } from "./subscription.ts";

isolatedState();

const MIB = 1024 * 1024;

/** Lets a machine's console be read from another server. */
async function withConsole(
  answer: RequestListener,
  body: (cluster: OpenCluster, machine: Machine) => Promise<void>,
): Promise<void> {
  await using subscription = await TestSubscription.open({ listLagMs: 0 });
  const cluster = await subscription.prepared();
  const { machines } = await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  await using server = await Listening.open(createServer(answer), 0, "127.0.0.1");
  const serialConsoleLogBlobUri = `http://127.0.0.1:${server.port}/console?sig=a-secret`;
  const end = subscription.instead(/_RetrieveBootDiagnosticsData$/, json(200, { serialConsoleLogBlobUri }));
  const [machine] = machines;
  if (machine !== undefined) await body(cluster, machine);
  end();
}

test("an endless console is read up to a limit, and its last part is reported", async () => {
  let sent = 0;
  const chunk = Buffer.alloc(65_536, "a");
  await withConsole(
    (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on("drain", more);
      more();
    },
    async ({ verbs }, machine) => {
      expect(await verbs.console(machine, anHour())).toHaveLength(65_536);
      expect(sent).toBeLessThan(64 * MIB);
    },
  );
});

test("a long console is reported from its end", async () => {
  await withConsole(
    (_request, response) => response.end(`${"x".repeat(MIB)}\r\n\u001B[31mthe last words\u001B[0m`),
    async ({ verbs }, machine) => {
      const log = await verbs.console(machine, anHour());
      expect(log.endsWith("xx\nthe last words")).toBe(true);
      expect(log.length).toBeLessThanOrEqual(65_536);
    },
  );
});

test("a console that breaks off reports what arrived, and no error shows its URL", async () => {
  await withConsole(
    (_request, response) => {
      response.write("the first words");
      setTimeout(() => response.destroy(), 50);
    },
    async ({ verbs }, machine) => {
      expect(await verbs.console(machine, anHour())).toBe("the first words");
    },
  );
  await withConsole(
    (request) => request.socket.destroy(),
    async ({ verbs }, machine) => {
      expect(await verbs.console(machine, anHour())).toBe("");
    },
  );
});

test("a silent console is abandoned at the caller's deadline", async () => {
  await withConsole(
    () => undefined,
    async ({ verbs }, machine) => {
      const reason = new Error("time is up");
      const given = new AbortController();
      setTimeout(() => given.abort(reason), 100);
      await expect(verbs.console(machine, given.signal)).rejects.toBe(reason);
    },
  );
});
