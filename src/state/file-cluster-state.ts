import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import * as z from "zod";

import { DaskFleetError } from "../errors.ts";
import { sleep } from "../wait.ts";
import { assertClusterName } from "./cluster-name.ts";
import { type Holder, newHolder } from "./holder.ts";
import { type Judgement, isInSight, judge } from "./judgement.ts";
import { type LeaseFound, fileClock, findLease, layLease, takeNumber } from "./lease-files.ts";
import { Lease, type LeaseTimes } from "./lease.ts";
import { assertOwned, notOurs } from "./not-ours.ts";
import { assertPlainPath, isPrivateDirectory, makePrivateDirectory } from "./private-directory.ts";
import { readPrivateFile, syncDirectory, unwritable, writePrivateFile, writing } from "./private-file.ts";
import { processIdentity, vantage } from "./process-identity.ts";
import type { ClusterState, Predecessor, RecordEnvelope } from "./state-store.ts";

const RECORD = "record.json";
/**
 * A number and nothing else, as every version writes and reads it. Groups of workers have a file each beside it, `workers.<group>`: a
 * launcher of an older version goes on with this one, and two processes that set sizes of two groups undo nothing of each other's.
 */
const SIZE = "workers";
const GROUP = /^[a-z0-9-]+$/;
/** Bounds of a group, `adapt.<group>`: launchers of older versions do not read them. */
const BOUNDS = "adapt";
const TROUBLES = "troubles";
/** The largest record: keys, and options with environment variables. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const MAX_SIZE_BYTES = 32;
const MAX_BOUNDS_BYTES = 1024;
const MAX_TROUBLES_BYTES = 256 * 1024;
const FIRST = 1;

const envelopeSchema = z.looseObject({ version: z.number(), name: z.string() });

interface Seen extends Omit<LeaseFound, "renewedAt"> {
  /** Of a lease, or of a record that has none. */
  readonly renewedAt: number;
}

/** One cluster's directory below the root: `record.json`, `workers`, `workers.<group>`, `adapt.<group>`, `troubles`, `lead.<n>` and what others keep there. */
export class FileClusterState implements ClusterState {
  readonly name: string;
  readonly directory: string;
  readonly #root: string;
  readonly #times: LeaseTimes;

  constructor(root: string, name: string, times: LeaseTimes) {
    assertClusterName(name);
    this.name = name;
    this.directory = join(root, name);
    this.#root = root;
    this.#times = times;
  }

  get recordPath(): string {
    return join(this.directory, RECORD);
  }

  async create(record: RecordEnvelope, holder: Holder): Promise<Lease | undefined> {
    assertPlainPath(this.directory);
    await makePrivateDirectory(this.#root);
    await removeDebris(this.#root);
    const fresh = this.#unseen("new");
    try {
      await writing(fresh, () => mkdir(fresh, { mode: 0o700 }));
      await writePrivateFile(join(fresh, RECORD), textOf(record), { durable: true });
      await layLease(fresh, FIRST, holder);
      if (!(await this.#moveIn(fresh))) return undefined;
    } finally {
      await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
    }
    await syncDirectory(this.#root);
    return this.#lease(FIRST, holder);
  }

  /** A rename never replaces a directory that is not empty: of two processes that try, one succeeds. */
  async #moveIn(fresh: string): Promise<boolean> {
    for (;;) {
      try {
        await rename(fresh, this.directory);
        return true;
      } catch (error) {
        // Systems disagree on the code for an existing directory.
        if (!existsSync(this.directory)) throw unwritable(this.directory, error);
        if (!(await this.#isRemainder())) return false;
        await this.remove();
      }
    }
  }

  /** Whether it has neither a record nor a leader: some process wrote a file after the directory was removed. */
  async #isRemainder(): Promise<boolean> {
    if ((await this.readRecord()) !== undefined) return false;
    return (await this.leader()).judgement === "free";
  }

  async readRecord(): Promise<RecordEnvelope | undefined> {
    if (!(await isPrivateDirectory(this.#root, this.name))) return undefined;
    const text = await readPrivateFile(this.recordPath, MAX_RECORD_BYTES);
    if (text === undefined) return undefined;
    const record = this.#parse(text);
    if (record.name === this.name) return record;
    throw notOurs(this.recordPath, {
      why: `is the record of another cluster, ${JSON.stringify(record.name)}`,
      remedy: "Put it back where it was, or remove it.",
    });
  }

  #parse(text: string): RecordEnvelope {
    try {
      return envelopeSchema.parse(JSON.parse(text));
    } catch {
      // The cause would quote the record, which holds keys.
      throw new DaskFleetError(
        "CLUSTER_NOT_FOUND",
        `The record ${this.recordPath} is damaged or of another version of dask-fleet. "dask-fleet remove" finds the cluster by its tags.`,
      );
    }
  }

  async writeRecord(record: RecordEnvelope): Promise<void> {
    await this.#assertThere();
    await writePrivateFile(this.recordPath, textOf(record));
  }

  /** @throws DaskFleetError when the record is gone: a removed cluster must not come back in parts */
  async #assertThere(): Promise<void> {
    if (await isPrivateDirectory(this.#root, this.name)) return;
    throw new DaskFleetError(
      "CLUSTER_NOT_FOUND",
      `The record of ${this.name} is gone (${this.directory}): another process has removed it.`,
    );
  }

  async readSize(group?: string): Promise<number | undefined> {
    if (!(await isPrivateDirectory(this.#root, this.name))) return undefined;
    const text = (await readPrivateFile(this.#sizePath(group), MAX_SIZE_BYTES)) ?? "";
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  }

  async writeSize(workers: number, group?: string): Promise<void> {
    await this.#assertThere();
    await writePrivateFile(this.#sizePath(group), `${workers}\n`);
  }

  async readBounds(group: string): Promise<string | undefined> {
    if (!(await isPrivateDirectory(this.#root, this.name))) return undefined;
    return await readPrivateFile(this.#pathOf(BOUNDS, group), MAX_BOUNDS_BYTES);
  }

  async writeBounds(group: string, text: string | undefined): Promise<void> {
    await this.#assertThere();
    const path = this.#pathOf(BOUNDS, group);
    if (text === undefined) await writing(path, () => rm(path, { force: true }));
    else await writePrivateFile(path, text);
  }

  async readTroubles(): Promise<string | undefined> {
    if (!(await isPrivateDirectory(this.#root, this.name))) return undefined;
    return await readPrivateFile(join(this.directory, TROUBLES), MAX_TROUBLES_BYTES);
  }

  async writeTroubles(text: string): Promise<void> {
    await this.#assertThere();
    await writePrivateFile(join(this.directory, TROUBLES), text);
  }

  async changeMark(): Promise<string | undefined> {
    const stat = await lstat(this.directory, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.ctimeNs}`;
  }

  #sizePath(group: string | undefined): string {
    return group === undefined ? join(this.directory, SIZE) : this.#pathOf(SIZE, group);
  }

  #pathOf(what: string, group: string): string {
    if (GROUP.test(group)) return join(this.directory, `${what}.${group}`);
    throw new DaskFleetError("CONFIG_INVALID", `${JSON.stringify(group)} is no name of a group of workers.`);
  }

  async leader(before?: Predecessor): Promise<{ readonly judgement: Judgement; readonly holder: Holder | undefined }> {
    const { judgement, seen } = await this.#look(before);
    return { judgement, holder: seen?.holder };
  }

  async takeLead(before?: Predecessor): Promise<Lease | undefined> {
    const first = await this.#look(before);
    if (first.judgement === "held") return undefined;
    if (first.judgement === "silent") {
      await sleep(this.#times.listenMs, undefined, { ref: false });
      const second = await this.#look(before);
      const isStill = second.seen?.number === first.seen?.number && second.seen?.renewedAt === first.seen?.renewedAt;
      if (second.judgement === "held" || !isStill) return undefined;
    }
    const number = (first.seen?.number ?? 0) + 1;
    const holder = await newHolder();
    return (await takeNumber(this.directory, number, holder)) ? this.#lease(number, holder) : undefined;
  }

  async #look(before: Predecessor | undefined): Promise<{ readonly judgement: Judgement; readonly seen?: Seen }> {
    if (!(await isPrivateDirectory(this.#root, this.name))) return { judgement: "free" };
    const seen = (await findLease(this.directory)) ?? (await this.#before(before));
    if (seen === undefined) return { judgement: "free" };
    const here = await vantage();
    const now = seen.holder === undefined ? undefined : await processIdentity(seen.holder.pid);
    const { silentMs } = this.#times;
    const isAsked = !seen.released && !(seen.holder !== undefined && isInSight(seen.holder, here));
    const ageMs = isAsked ? (await fileClock(this.directory)) - seen.renewedAt : 0;
    return { judgement: judge({ ...seen, ageMs }, { here, now, silentMs }), seen };
  }

  async #before(before: Predecessor | undefined): Promise<Seen | undefined> {
    if (before === undefined) return undefined;
    const record = await lstat(this.recordPath).catch(() => undefined);
    return record === undefined ? undefined : { ...before, number: 0, renewedAt: record.mtimeMs };
  }

  #lease(number: number, holder: Holder): Lease {
    const { directory, name } = this;
    return new Lease({ clusterName: name, directory, number, holder, times: this.#times });
  }

  async makeDirectory(...steps: readonly string[]): Promise<string> {
    await makePrivateDirectory(this.#root, this.name, ...steps);
    return join(this.directory, ...steps);
  }

  async entries(...steps: readonly string[]): Promise<readonly string[]> {
    if (!(await isPrivateDirectory(this.#root, this.name, ...steps))) return [];
    return await readdir(join(this.directory, ...steps));
  }

  async remove(): Promise<void> {
    const { directory } = this;
    const stat = await lstat(directory).catch(() => undefined);
    if (stat === undefined) return;
    assertOwned(directory, stat, "directory");
    await writing(directory, async () => {
      // Closed, so that nobody else puts a link into it; renamed, so that nobody takes half of it for a cluster.
      await chmod(directory, 0o700);
      const doomed = this.#unseen("gone");
      await rename(directory, doomed);
      await rm(doomed, { recursive: true, force: true, maxRetries: 3 });
    });
  }

  #unseen(what: "new" | "gone"): string {
    return join(this.#root, `.${what}-${randomBytes(8).toString("hex")}`);
  }
}

function textOf(record: RecordEnvelope): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

const OLD_MS = 3_600_000;

/** Removes what processes left that ended while they made or removed a directory, which may hold keys, or while they started. */
export async function removeDebris(root: string): Promise<void> {
  const names = (await readdir(root).catch(() => [])).filter((name) =>
    /^\.(?:new|gone|launcher)-[0-9a-f]{16}$/u.test(name),
  );
  await Promise.all(
    names.map(async (name) => {
      const path = join(root, name);
      const stat = await lstat(path).catch(() => undefined);
      const isOld = name.startsWith(".gone-") || Date.now() - (stat?.mtimeMs ?? Date.now()) > OLD_MS;
      if (isOld) await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }),
  );
}
