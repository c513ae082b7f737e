import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as z from "zod";

import { messageOf } from "../errors.ts";
import { type Holder, holderSchema } from "./holder.ts";
import { isPrivateDirectory } from "./private-directory.ts";
import { textOf, withPrivateFile, writePrivateFile, writing } from "./private-file.ts";

/**
 * A lease is a directory `lead.<n>` with a file `holder.json`; the highest number counts. A process takes the lease by creating the
 * directory of the next number: it fills one elsewhere and renames it, which fails when the name exists. The highest is never
 * removed, so a late process with an old number finds a higher one, and has lost. This needs no hard links, locks or clocks.
 */
const LEASE = /^lead\.([1-9]\d{0,8})$/;
const MAX_BYTES = 4096;

const contentSchema = z.object({ holder: holderSchema, released: z.boolean().default(false) });

/** The lease that counts, as it is on disk. */
export interface LeaseFound {
  readonly number: number;
  /** Undefined when the file is damaged. */
  readonly holder: Holder | undefined;
  readonly released: boolean;
  /** Last renewal, by the file system's clock, in milliseconds since 1970. */
  readonly renewedAt: number;
}

/** The numbers of all leases of a cluster; empty when the cluster has none, or does not exist. */
export async function leaseNumbers(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  return names.flatMap((name) => LEASE.exec(name)?.[1] ?? []).map(Number);
}

/** @throws DaskFleetError `STATE_UNTRUSTED` */
export async function findLease(directory: string): Promise<LeaseFound | undefined> {
  for (;;) {
    const number = Math.max(0, ...(await leaseNumbers(directory)));
    if (number === 0) return undefined;
    const found = await readLease(directory, number);
    if (found !== undefined) return found;
    const place = await lstat(placeOf(directory, number)).catch(() => undefined);
    // Either a higher one has replaced it meanwhile, or its file is lost.
    if (place === undefined || Math.max(0, ...(await leaseNumbers(directory))) > number) continue;
    return { number, holder: undefined, released: false, renewedAt: place.mtimeMs };
  }
}

async function readLease(directory: string, number: number): Promise<LeaseFound | undefined> {
  if (!(await isPrivateDirectory(placeOf(directory, number)))) return undefined;
  const path = fileOf(directory, number);
  // Opening the file makes a network file system ask for its time again.
  return await withPrivateFile(path, constants.O_RDONLY, async (file, { size }) => {
    const content = parse(await textOf(file, path, { size, maxBytes: MAX_BYTES }));
    return { number, ...content, renewedAt: (await file.stat()).mtimeMs };
  });
}

function parse(text: string): { readonly holder: Holder | undefined; readonly released: boolean } {
  try {
    return contentSchema.parse(JSON.parse(text));
  } catch {
    return { holder: undefined, released: false };
  }
}

/** Writes a lease of that number into a directory. */
export async function layLease(directory: string, number: number, holder: Holder): Promise<void> {
  const place = placeOf(directory, number);
  await writing(place, () => mkdir(place, { mode: 0o700 }));
  await writePrivateFile(fileOf(directory, number), contentOf(holder, false));
}

/** Takes the lease of that number; false when another process has one as high. */
export async function takeNumber(directory: string, number: number, holder: Holder): Promise<boolean> {
  const before = await lstat(directory);
  const fresh = join(directory, `.lead-${randomBytes(8).toString("hex")}`);
  try {
    await writing(fresh, () => mkdir(fresh, { mode: 0o700 }));
    await writePrivateFile(join(fresh, "holder.json"), contentOf(holder, false));
    await rename(fresh, placeOf(directory, number));
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
    if (Math.max(0, ...(await leaseNumbers(directory))) >= number || isTaken(error)) return false;
    throw error;
  }
  const numbers = await leaseNumbers(directory);
  const isSame = isSameFile(before, await lstat(directory));
  const isWon = isSame && Math.max(0, ...numbers) === number && (await isOwn(directory, number, holder));
  const over = isWon ? numbers.filter((each) => each < number) : isSame ? [] : [number];
  for (const each of over) await rm(placeOf(directory, each), { recursive: true, force: true }).catch(() => undefined);
  return isWon;
}

/** Whether that holder still has the highest lease. */
export async function isOwn(directory: string, number: number, holder: Holder): Promise<boolean> {
  const found = await findLease(directory);
  return found?.number === number && found.holder?.id === holder.id;
}

/** Identifies the file of that lease; it changes when the lease is written again. Undefined when there is none. */
export async function leaseFile(directory: string, number: number): Promise<string | undefined> {
  const stat = await lstat(fileOf(directory, number)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  return stat === undefined ? undefined : identityOf(stat);
}

/**
 * Makes the file system record its own time. The content stays, so no reader sees half of it. Identifies the file, as
 * {@link leaseFile}.
 */
export async function touchLease(directory: string, number: number): Promise<string | undefined> {
  const path = fileOf(directory, number);
  return await writing(path, async () =>
    withPrivateFile(path, constants.O_RDWR, async (file, stat) => {
      if (stat.size > 0) await file.write("\n", stat.size - 1);
      return identityOf(stat);
    }),
  );
}

/** Marks the lease as released. Its number stays. */
export async function releaseLease(directory: string, number: number, holder: Holder): Promise<void> {
  await writePrivateFile(fileOf(directory, number), contentOf(holder, true));
}

/** The time by the file system's clock; by this computer's when nothing can be written. */
export async function fileClock(directory: string): Promise<number> {
  const path = join(directory, `.clock-${randomBytes(8).toString("hex")}`);
  try {
    // A network file system sets the time when the data has arrived.
    await writeFile(path, "\n", { flag: "wx", mode: 0o600 });
    return (await lstat(path)).mtimeMs;
  } catch {
    return Date.now();
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EEXIST" || code === "ENOTEMPTY" || /EEXIST|ENOTEMPTY/u.test(messageOf(error));
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function contentOf(holder: Holder, released: boolean): string {
  return `${JSON.stringify({ holder, released })}\n`;
}

function placeOf(directory: string, number: number): string {
  return join(directory, `lead.${number}`);
}

function fileOf(directory: string, number: number): string {
  return join(placeOf(directory, number), "holder.json");
}
