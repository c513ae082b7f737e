import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import * as z from "zod";

import { DaskFleetError } from "../errors.ts";
import { writePrivateFile } from "../state/private-file.ts";
import { startTime } from "../state/process-start.ts";
import { clusterNames, makePrivateDirectory, stateDirectory } from "../state/state-directory.ts";
import { placeSchema } from "./place.ts";

const recordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  provider: z.string(),
  createdAt: z.string(),
  /** Who looks after the cluster, at first who started it; a local cluster ends with this process. */
  launcher: z.object({ pid: z.number(), host: z.string(), startTime: z.string().optional() }),
  /** The options that the cluster was made with, as plain data. */
  options: z.record(z.string(), z.unknown()),
  /** Where it is; a local cluster is on this computer. */
  place: placeSchema.optional(),
  /** Each role's TLS material; never the CA's key. */
  security: z.unknown().optional(),
  expiresAt: z.string().optional(),
  ports: z.object({ scheduler: z.number(), dashboard: z.number(), gate: z.number() }),
  /** What the provider alone understands. */
  providerState: z.record(z.string(), z.unknown()),
});

/** In the place of a computer's name: the process that looked after the cluster has left it. */
const NOBODY = "";

/** What is known of a cluster outside the process that started it. It holds keys: the file is 0600 in a 0700 directory. */
export type ClusterRecord = Readonly<z.infer<typeof recordSchema>>;

export async function currentLauncher(): Promise<ClusterRecord["launcher"]> {
  return { pid: process.pid, host: hostname(), startTime: await startTime(process.pid) };
}

/** Whether the process that started a cluster is at work still; false when it ran on another computer. */
export async function launcherLives({ pid, host, startTime: then }: ClusterRecord["launcher"]): Promise<boolean> {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await startTime(pid);
  return now === undefined || then === undefined || now === then;
}

/**
 * Written before the first create call, so that even a crash inside that call leaves a trace.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when the cluster is `new` but there is one of that name already: their machines
 * could not be told apart.
 */
export async function writeRecord(record: ClusterRecord, { isNew }: { readonly isNew: boolean }): Promise<void> {
  const { name } = record;
  await makePrivateDirectory(stateDirectory(name));
  try {
    await writePrivateFile(recordPath(name), `${JSON.stringify(record, undefined, 2)}\n`, { exclusive: isNew });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const whose = await readRecord(name).then(
      ({ provider, launcher }) => `${provider}, started by process ${launcher.pid} on ${launcher.host}`,
      () => recordPath(name),
    );
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `There is a cluster named "${name}" already (${whose}): attach to it and close it, or choose another name.`,
    );
  }
}

/**
 * @throws DaskFleetError `CLUSTER_NOT_FOUND` when there is no record of that name, or it cannot be understood.
 */
export async function readRecord(name: string): Promise<ClusterRecord> {
  const path = recordPath(name);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new DaskFleetError(
      "CLUSTER_NOT_FOUND",
      `There is no record of a cluster named "${name}" (looked for ${path}).`,
      {
        cause,
      },
    );
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    // The cause would quote the record, which holds keys.
    throw new DaskFleetError("CLUSTER_NOT_FOUND", `The record ${path} is damaged or of another version of dask-fleet.`);
  }
}

/** Whether nobody else looks after the cluster; from now on this process does. */
export async function takeLead(name: string): Promise<boolean> {
  const record = await readRecord(name);
  if (await launcherLives(record.launcher)) return false;
  await writeRecord({ ...record, launcher: await currentLauncher() }, { isNew: false });
  return true;
}

/** From now on nobody looks after the cluster, until another process attaches; only for the process that does. */
export async function giveUpLead(name: string): Promise<void> {
  const record = await readRecord(name);
  await writeRecord({ ...record, launcher: { ...record.launcher, host: NOBODY } }, { isNew: false });
}

/** All readable records of one provider. */
export async function listRecords(provider: string): Promise<readonly ClusterRecord[]> {
  const names = await clusterNames();
  const records = await Promise.all(names.map((name) => readRecord(name).catch(() => undefined)));
  return records.filter((record): record is ClusterRecord => record?.provider === provider);
}

/** Where the record of a cluster is, or would be. */
export function recordPath(name: string): string {
  return join(stateDirectory(name), "record.json");
}
