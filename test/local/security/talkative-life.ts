// A program that prints everything dask-fleet reports, over a whole life and several failing starts. It sends its parent the secrets
// that must not appear in its output, by IPC.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";

import { LocalCluster, type LocalClusterOptions } from "../../../providers/local/index.ts";
import { messageOf } from "../../../src/errors.ts";
import { Security } from "../../../src/security/security.ts";
import { patient } from "../../support/patience.ts";

/** What must not be printed. */
export interface Secrets {
  readonly records: readonly string[];
  readonly values: readonly string[];
}

const EVERYTHING = { depth: Infinity, showHidden: true, maxStringLength: null, maxArrayLength: null } as const;

function tell(value: unknown): void {
  console.log(inspect(value, { ...EVERYTHING, getters: true }));
  console.log(inspect(value, { ...EVERYTHING, customInspect: false }));
  console.error(String(value), JSON.stringify(value));
  for (let error = value; error instanceof Error; error = error.cause) {
    console.error(error.stack, error.message, JSON.stringify(Object.getOwnPropertyDescriptors(error)));
  }
}

const records = new Set<string>();
const values: string[] = [];

function newSecret(): string {
  const value = randomBytes(24).toString("base64url");
  values.push(value);
  return value;
}

/** A cluster that prints all its events. Its record is read at every event, as a failed start deletes it. */
function talkative(options: LocalClusterOptions): LocalCluster {
  const cluster = new LocalCluster({
    envVars: { TOKEN: newSecret(), DASK_SOME__PASSWORD: `it's "${newSecret()}"` },
    ...options,
  });
  cluster.onProgress((event) => {
    tell(event);
    keepRecord(cluster);
  });
  tell(cluster);
  return cluster;
}

function keepRecord(cluster: LocalCluster): void {
  try {
    records.add(readFileSync(join(cluster.stateDirectory, "record.json"), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

async function tellFailure(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell(error);
    return;
  }
  throw new Error(`This was to fail: ${work.toString()}`);
}

async function wholeLife(): Promise<void> {
  const cluster = talkative({ nWorkers: 1 });
  await tellFailure(() => cluster.workers());
  await cluster.start();
  keepRecord(cluster);
  tell(cluster);
  for (const role of ["scheduler", "worker"] as const) console.log(cluster.previewStartupScript(role));
  tell([
    await cluster.workers(),
    await cluster.machines(),
    await cluster.logs(),
    cluster.timeline,
    cluster.clientEnv(),
  ]);
  tell(await LocalCluster.list());
  await using attached = await LocalCluster.attach(cluster.name);
  tell(attached);
  tell(await cluster.dashboard());
  await cluster.run("python", ["-c", "from distributed import Client; print(Client())"]);
  await tellFailure(() => cluster.run("/no/such/command"));
  await tellFailure(() => cluster.waitForWorkers(9, { timeoutMs: 50 }));
  const machines = join(cluster.stateDirectory, "machines");
  for (const id of readdirSync(machines)) console.log(readFileSync(join(machines, id, "console.log"), "utf8"));
  spoilRecord(cluster);
  await tellFailure(() => LocalCluster.attach(cluster.name));
  tell(await LocalCluster.list());
  await cluster.close();
  tell(cluster);
  await tellFailure(() => cluster.start());
}

/** A record as another version of dask-fleet could write it. */
function spoilRecord({ stateDirectory }: LocalCluster): void {
  const path = join(stateDirectory, "record.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"version": 2', '"version": 3'));
}

async function failingStarts(): Promise<void> {
  const starts: readonly LocalClusterOptions[] = [
    { python: "/bin/false" },
    { schedulerOptions: { noSuchOption: "x" } },
    { nWorkers: 1, workerClass: "no_such_module.Worker", startTimeoutMs: patient(15_000) },
    { envVars: { TOKEN: `${newSecret()}\0` } },
    { envVars: { TOKEN: newSecret().repeat(10_000) } },
    { envVars: { DASK_FLEET_TOKEN: newSecret() } },
    { envVars: { "not a name": newSecret() } },
    { envVars: { TOKEN: [newSecret()] as never } },
    { security: unfit() },
  ];
  await Promise.all(starts.map((options) => tellFailure(async () => talkative(options).start())));
  const aborted = talkative({});
  const controller = new AbortController();
  aborted.onProgress((event) => {
    if (event.type === "phase-started" && event.phase === "scheduler up") controller.abort();
  });
  await tellFailure(() => aborted.start(controller));
}

/** The keys of two roles, swapped. */
function unfit(): Security {
  const [client, worker] = (["client", "worker"] as const).map((role) => Security.temporary().materialFor(role));
  const security = new Security({
    tlsCaFile: client?.ca,
    tlsClientCert: client?.cert,
    tlsClientKey: worker?.key,
  });
  for (const material of [client, worker]) records.add(material?.key ?? "");
  tell(security);
  return security;
}

try {
  await wholeLife();
  await failingStarts();
  process.send?.({ records: [...records], values } satisfies Secrets);
} catch (error) {
  console.error(`UNEXPECTED ${messageOf(error)}`, error);
  process.exitCode = 1;
}
