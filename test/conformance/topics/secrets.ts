import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect } from "vitest";

import { ETC } from "../../../src/bootstrap/machine-file.ts";
import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { Security } from "../../../src/security/security.ts";
import type { TlsMaterial } from "../../../src/security/tls-material.ts";
import { privateKeysIn, publicKeyOf, tracesOf } from "../../local/security/private-keys.ts";
import { looksAt } from "../../support/looks-at.ts";
import { mayCarryKeys } from "../../support/no-secret-told/told-in-tests.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import type { Recorded } from "../recorder.ts";
import { toldTo } from "../told.ts";
import { type World, sentences } from "../world.ts";

const SECRET = "a5b4c3d2e1f0a5b4c3d2e1f0a5b4c3d2";
const TOKEN = /^[0-9a-f]{64}$/u;
const KEYS_IN_USER_DATA = { security: { delivery: "user-data" } } as const;

export function describeSecrets(provider: ProviderUnderTest): void {
  describe(`${provider.name}: secrets`, () => {
    const holds = sentences(provider);

    holds("no private key is in any request, and each machine's token is of its role", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      await cluster.scale(1);
      const { client } = await recorded(cluster);
      const tokens = new Map(["scheduler", "worker"].map((role) => [role, tokensOf(world, role)]));
      await cluster.close();

      const texts = world.cloud.recorder.requests.flatMap(allTexts);
      expect([...privateKeysIn(texts.join("\n").replaceAll(/^ +/gm, "")).keys()]).toEqual([]);
      expect(tracesOf(client.key).filter((trace) => texts.some((text) => text.includes(trace)))).toEqual([]);
      const [[scheduler], [worker]] = [tokens.get("scheduler") ?? [], tokens.get("worker") ?? []];
      expect([scheduler, worker]).toEqual([expect.stringMatching(TOKEN), expect.stringMatching(TOKEN)]);
      expect(scheduler).not.toBe(worker);
    });

    holds("with keys in user data, the client's and the CA's are in no request", async (world) => {
      const cluster = mayCarryKeys(world.cluster({ nWorkers: 2, ...KEYS_IN_USER_DATA }));
      await cluster.start();
      await cluster.scale(1);
      const { client, security } = await recorded(cluster);
      const machines = (["scheduler", "worker"] as const).map((role) => publicKeyOf(security.materialFor(role).cert));
      await cluster.close();

      const texts = world.cloud.recorder.requests.flatMap(allTexts);
      const sent = [...privateKeysIn(texts.join("\n").replaceAll(/^ +/gm, "")).keys()].sort();
      expect(sent).toEqual(machines.sort());
      expect(sent).not.toContain(publicKeyOf(client.ca));
      expect(tracesOf(client.key).filter((trace) => texts.some((text) => text.includes(trace)))).toEqual([]);
    });

    holds("with keys in user data, a role's key is on its machines alone", async (world) => {
      await mayCarryKeys(world.cluster({ nWorkers: 2, ...KEYS_IN_USER_DATA })).start();
      const [schedulers, workers] = [keysOf(world, "scheduler"), keysOf(world, "worker")];
      expect([schedulers.length, new Set(workers).size]).toEqual([1, 1]);
      expect(workers).not.toContain(schedulers[0]);
    });

    holds("events, errors and inspection of the cluster show no secret", async (world) => {
      await showsNoSecret(world, world.cluster({ nWorkers: 1, envVars: { TOKEN: SECRET } }), { keys: 1 });
    });

    holds("events, errors and inspection of a cluster with keys in user data show no secret", async (world) => {
      const options = { nWorkers: 1, envVars: { TOKEN: SECRET }, ...KEYS_IN_USER_DATA };
      await showsNoSecret(world, mayCarryKeys(world.cluster(options)), { keys: 3 });
    });
  });
}

/** @param expected how many private keys are in the record */
async function showsNoSecret(
  world: World,
  cluster: ClusterManager,
  expected: { readonly keys: number },
): Promise<void> {
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
  const makes = world.cloud.cloud.calls.operations().find((operation) => world.provider.makesMachines(operation)) ?? "";
  for (const operation of new Set([makes, ...world.cloud.cloud.calls.operations()])) {
    if (world.provider.makesMachines(operation)) faults.onOperation(operation, "error-before", { times: 99 });
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
  expect(keys).toHaveLength(expected.keys);
  expect(errors.filter((error) => error instanceof Error)).toHaveLength(3);
  const tokens = ["scheduler", "worker"].flatMap((role) => tokensOf(world, role));
  expect([...keys.flatMap(tracesOf), ...tokens].filter((trace) => words.includes(trace))).toEqual([]);
  expect([words.includes(SECRET), /BEGIN [A-Z ]*PRIVATE KEY/u.test(words)]).toEqual([false, false]);
}

async function recorded(
  cluster: ClusterManager,
): Promise<{ readonly security: Security; readonly client: TlsMaterial }> {
  const record = JSON.parse(await readFile(join(cluster.stateDirectory, "record.json"), "utf8")) as {
    security: unknown;
  };
  const security = Security.fromRecord(record.security);
  return { security, client: security.materialFor("client") };
}

function filesOf(world: World, role: string): readonly ReadonlyMap<string, string>[] {
  return world
    .alive()
    .filter((machine) => machine.role === role)
    .map((machine) => toldTo(machine).files);
}

function keysOf(world: World, role: string): readonly string[] {
  return filesOf(world, role).flatMap((files) => [...privateKeysIn([...files.values()].join("\n")).keys()]);
}

/** Those that machines join with. */
function tokensOf(world: World, role: string): readonly string[] {
  return filesOf(world, role).flatMap((files) => files.get(`${ETC}/tls/token`)?.trim() ?? []);
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
