import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect } from "vitest";

import { Security } from "../../../src/security/security.ts";
import { privateKeysIn, publicKeyOf, tracesOf } from "../../local/security/private-keys.ts";
import { looksAt } from "../../support/looks-at.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import type { Recorded } from "../recorder.ts";
import { toldTo } from "../told.ts";
import { sentences } from "../world.ts";

export function describeSecrets(provider: ProviderUnderTest): void {
  describe(`${provider.name}: secrets`, () => {
    const holds = sentences(provider);

    holds("the client's key and the CA's are in no request, a role's key is on its machines alone", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      await cluster.scale(1);
      const record = JSON.parse(await readFile(join(cluster.stateDirectory, "record.json"), "utf8")) as {
        security: unknown;
      };
      const security = Security.fromRecord(record.security);
      const [scheduler, worker, client] = (["scheduler", "worker", "client"] as const).map((role) =>
        security.materialFor(role),
      );
      const publicKeys = { scheduler: publicKeyOf(scheduler?.cert ?? ""), worker: publicKeyOf(worker?.cert ?? "") };
      await cluster.close();

      const texts = world.cloud.recorder.requests.flatMap(allTexts);
      const sent = [...privateKeysIn(texts.join("\n").replaceAll(/^ +/gm, "")).keys()].sort();
      expect(sent).toEqual(Object.values(publicKeys).sort());
      expect(sent).not.toContain(publicKeyOf(security.materialFor("client").ca));
      const traces = tracesOf(client?.key ?? "");
      expect(traces.filter((trace) => texts.some((text) => text.includes(trace)))).toEqual([]);
    });

    holds("the scheduler's secrets are on its machine alone, the workers' on theirs", async (world) => {
      await world.started({ nWorkers: 2 });
      const keysOf = (role: string): string[] =>
        world
          .alive()
          .filter((machine) => machine.role === role)
          .flatMap((machine) => [...privateKeysIn([...toldTo(machine).files.values()].join("\n")).keys()]);
      const [schedulers, workers] = [keysOf("scheduler"), keysOf("worker")];
      expect([schedulers.length, new Set(workers).size]).toEqual([1, 1]);
      expect(workers).not.toContain(schedulers[0]);
    });

    holds("events, errors and inspection of the cluster show no secret", async (world) => {
      const secret = "a5b4c3d2e1f0a5b4c3d2e1f0a5b4c3d2";
      const cluster = world.cluster({ nWorkers: 1, envVars: { TOKEN: secret } });
      const faults = world.cloud.cloud.faults;
      const errors: unknown[] = [];
      const failing = async (work: Promise<unknown>): Promise<void> => {
        errors.push(
          await work.then(
            () => undefined,
            (error: unknown) => error,
          ),
        );
      };
      await cluster.start();
      // Some clouds have one call for the first machines and another to scale up.
      await cluster.scale(2);
      const record = await readFile(join(cluster.stateDirectory, "record.json"), "utf8");
      const makes = world.cloud.cloud.calls.operations().find((operation) => provider.makesMachines(operation)) ?? "";
      for (const operation of new Set([makes, ...world.cloud.cloud.calls.operations()])) {
        if (provider.makesMachines(operation)) faults.onOperation(operation, "error-before", { times: 99 });
      }
      await failing(cluster.scale(4, { timeoutMs: 2000 }));
      faults.clear();
      await failing(cluster.waitForWorkers(9, { timeoutMs: 50 }));
      await failing(world.statics.attach("nobody"));
      const told = [
        ...errors,
        cluster,
        ...world.events(cluster),
        await cluster.machines(),
        await cluster.workers(),
        await world.statics.list(),
      ];
      const words = [
        ...told.flatMap((each) => [...looksAt(each), ...causes(each)]),
        cluster.previewStartupScript("scheduler"),
        cluster.previewStartupScript("worker"),
      ].join("\n");
      const keys = [...privateKeysIn(record).values()];
      expect(keys).toHaveLength(3);
      expect(errors.filter((error) => error instanceof Error)).toHaveLength(3);
      expect(keys.flatMap(tracesOf).filter((trace) => words.includes(trace))).toEqual([]);
      expect([words.includes(secret), /BEGIN [A-Z ]*PRIVATE KEY/u.test(words)]).toEqual([false, false]);
    });
  });
}

function causes(error: unknown): string[] {
  return error instanceof Error ? [`${error.stack}${error.message}`, ...causes(error.cause)] : [];
}

const GZIP_MAGIC = 0x1f8b;
const BASE64 = /[A-Za-z0-9+/]{200,}/g;

/** A request as it was sent, and all that is packed into it. */
function allTexts({ request }: Recorded): string[] {
  const body = stringsIn(request.body.toString("latin1"));
  const plain = `${request.url.href}\n${JSON.stringify(request.headers)}\n${body}`;
  return unpacked(
    `${plain}\n${decodeURIComponent(body.replaceAll("%", (sign, at: number, all: string) => (/^%[0-9A-F]{2}/i.test(all.slice(at, at + 3)) ? sign : "%25")))}`,
  );
}

/** Of JSON, all that it says, without its escapes; any other text as it is. */
function stringsIn(body: string): string {
  const strings: string[] = [];
  try {
    JSON.parse(body, (name, value: unknown) => {
      strings.push(name, String(value));
      return value;
    });
  } catch {
    return body;
  }
  return strings.join("\n");
}

/** A text, and whatever is inside it in base64, gzip'd or not, at any depth. */
function unpacked(text: string): string[] {
  const inner = [...text.matchAll(BASE64)].flatMap(([packed]) => {
    const bytes = Buffer.from(packed, "base64");
    if (bytes.length < 100) return [];
    try {
      return unpacked((bytes.readUInt16BE(0) === GZIP_MAGIC ? gunzipSync(bytes) : bytes).toString("utf8"));
    } catch {
      return [];
    }
  });
  return [text, ...inner];
}
