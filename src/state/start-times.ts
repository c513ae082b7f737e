import { join } from "node:path";

import { Deadline } from "../deadline.ts";
import { isPlainObject } from "../plain-object.ts";
import { within } from "../wait.ts";
import { isPrivateDirectory } from "./private-directory.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";
import { stateRoot } from "./state-root.ts";

/** No name of a cluster. */
const FILE = "start-times.json";
const MOST_BYTES = 10_000;
/** Fewer are chance. */
const ENOUGH = 3;
const KEPT = 5;
/** A start of less needs no forecast. */
const SHORTEST_MS = 20_000;
/** A file system that does not answer delays no start. */
const TIMEOUT_MS = 1000;

/**
 * How long starts with a provider have taken on this computer: the median of the last five, in milliseconds; undefined before the third.
 * What cannot be read was never measured.
 */
export async function usualStartMs(provider: string): Promise<number | undefined> {
  const times = (await measured())[provider] ?? [];
  return times.length < ENOUGH ? undefined : times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** Remembers how long a start took. It is no error when it cannot be written. */
export async function rememberStart(provider: string, durationMs: number): Promise<void> {
  if (durationMs < SHORTEST_MS) return;
  const all = await measured();
  const times = [...(all[provider] ?? []), Math.round(durationMs)].slice(-KEPT);
  const content = `${JSON.stringify({ ...all, [provider]: times })}\n`;
  const written = within("the times of starts", new Deadline(TIMEOUT_MS), () =>
    writePrivateFile(join(stateRoot(), FILE), content),
  );
  await written.catch(() => undefined);
}

async function measured(): Promise<Readonly<Record<string, readonly number[]>>> {
  try {
    const found: unknown = JSON.parse((await within("the times of starts", new Deadline(TIMEOUT_MS), read)) ?? "{}");
    const entries = isPlainObject(found) ? Object.entries(found) : [];
    return Object.fromEntries(entries.map(([provider, times]) => [provider, numbersIn(times)]));
  } catch {
    return {};
  }
}

async function read(): Promise<string | undefined> {
  const root = stateRoot();
  return (await isPrivateDirectory(root)) ? await readPrivateFile(join(root, FILE), MOST_BYTES) : undefined;
}

function numbersIn(times: unknown): readonly number[] {
  return Array.isArray(times) ? times.filter((time) => Number.isFinite(time) && time >= SHORTEST_MS) : [];
}
