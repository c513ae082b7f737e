import type { Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";

import { messageOf } from "../../errors.ts";
import { printableName } from "../../text/printable.ts";
import { type JobFileSource, invalidJob } from "./job-options.ts";

/** A file of this computer and its path in the job's folder. */
export interface FoundFile {
  readonly path: string;
  readonly source: string;
  readonly isExecutable: boolean;
}

// As in templates/agent/job_checks.py, which checks again.
const MOST_FILES = 10_000;
const MOST_PATH_BYTES = 1024;
const MOST_NAME_BYTES = 255;
const MOST_PATHS_BYTES = 2 * 1024 * 1024;
const GIBI = 1024 ** 3;
const MOST_FILE_BYTES = GIBI;
const MOST_JOB_BYTES = 2 * GIBI;
const EXECUTABLE = 0o111;
/** Folders that no job needs and that are often large. */
const LEFT_OUT = new Set(["__pycache__", ".git"]);

/** The files of one job, bounded in number and size before any is read. */
export class JobFiles {
  readonly #cwd: string;
  readonly #signal: AbortSignal | undefined;
  readonly #found = new Map<string, FoundFile>();
  #bytes = 0;
  #pathBytes = 0;

  constructor(cwd: string, signal: AbortSignal | undefined) {
    this.#cwd = resolve(cwd);
    this.#signal = signal;
  }

  get all(): readonly FoundFile[] {
    return [...this.#found.values()];
  }

  /** Adds the script, which may be anywhere. Returns its path in the job's folder. */
  async addScript(script: string): Promise<string> {
    const what = `The script ${printableName(script)}`;
    const source = this.#resolved(script, what);
    const path = this.#below(source) ?? basename(source);
    const found = await existing(source, what);
    if (!found.isFile()) throw invalidJob(`${what} is not a file.`);
    this.#add(path, source, found);
    return path;
  }

  /** Adds a file, or a folder with all that is in it. */
  async add(given: string | JobFileSource): Promise<void> {
    const from: unknown = typeof given === "string" ? given : given.path;
    const what = `files: ${printableName(String(from))}`;
    const source = this.#resolved(from, what);
    const path = typeof given === "string" ? this.#below(source) : normal(given.as);
    if (path === undefined) {
      throw invalidJob(
        `${what} is not below ${printableName(this.#cwd)}: set cwd, or give { path, as } with its place in the job's folder.`,
      );
    }
    const found = await existing(source, what);
    if (found.isDirectory()) await this.#walk(source, path, await realpath(source));
    else if (found.isFile()) this.#add(path === "" ? basename(source) : path, source, found);
    else throw invalidJob(`${what} is neither a file nor a folder.`);
  }

  #resolved(path: unknown, what: string): string {
    if (typeof path !== "string" || path === "" || path.includes("\0")) throw invalidJob(`${what} is not a path.`);
    return resolve(this.#cwd, path);
  }

  /** The path from the base, with `/`; undefined if it leads out of it. */
  #below(source: string): string | undefined {
    const path = relative(this.#cwd, source);
    const leadsOut = path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path);
    return leadsOut ? undefined : path.replaceAll(sep, "/");
  }

  async #walk(folder: string, path: string, root: string): Promise<void> {
    this.#signal?.throwIfAborted();
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
      const source = join(folder, entry.name);
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!LEFT_OUT.has(entry.name)) await this.#walk(source, below, root);
      } else if (entry.isFile()) {
        this.#add(below, source, await existing(source, `files: ${printableName(source)}`));
      } else if (entry.isSymbolicLink()) {
        await this.#addLinked(below, source, root);
      } else throw invalidJob(`files: ${printableName(source)} is neither a file nor a folder.`);
    }
  }

  /** A link to a file of the same folder is sent as a file. */
  async #addLinked(path: string, source: string, root: string): Promise<void> {
    const what = `files: the symbolic link ${printableName(source)}`;
    const target = await realpath(source).catch((cause: unknown) => {
      throw invalidJob(`${what} leads nowhere: ${messageOf(cause)}`, cause);
    });
    if (!target.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
      throw invalidJob(`${what} leads out of ${printableName(root)}. Give its target as { path, as }.`);
    }
    const found = await existing(target, what);
    if (!found.isFile()) throw invalidJob(`${what} leads to a folder. Give its target as { path, as }.`);
    this.#add(path, target, found);
  }

  #add(path: string, source: string, { size, mode }: Stats): void {
    const known = this.#found.get(path);
    if (known?.source === source) return;
    const what = `files: ${printableName(source)}`;
    if (known !== undefined) throw invalidJob(`${what} and ${printableName(known.source)} have the same path.`);
    const bytes = Buffer.byteLength(path);
    if (bytes > MOST_PATH_BYTES || path.split("/").some((name) => Buffer.byteLength(name) > MOST_NAME_BYTES)) {
      throw invalidJob(`${what}: its path is too long (${MOST_PATH_BYTES} bytes, ${MOST_NAME_BYTES} for a name).`);
    }
    // Node decodes a name that is not UTF-8 with losses.
    if (path.includes("\u{FFFD}")) throw invalidJob(`${what}: its name is not UTF-8.`);
    if (size > MOST_FILE_BYTES) throw invalidJob(`${what} is larger than 1 GiB.`);
    this.#bytes += size;
    this.#pathBytes += bytes;
    if (this.#bytes > MOST_JOB_BYTES) throw invalidJob("files: larger than 2 GiB together.");
    if (this.#pathBytes > MOST_PATHS_BYTES) throw invalidJob("files: their paths are longer than 2 MiB together.");
    this.#found.set(path, { path, source, isExecutable: (mode & EXECUTABLE) !== 0 });
    if (this.#found.size > MOST_FILES) throw invalidJob("files: more than 10,000.");
  }
}

/** @throws DaskFleetError `CONFIG_INVALID` for a path that leads out of the job's folder */
function normal(path: unknown): string {
  const names = typeof path === "string" ? path.replace(/^\.\//u, "").replace(/\/$/u, "").split("/") : [];
  const isPlain = names.every((name) => !["", ".", ".."].includes(name) && !name.includes("\0"));
  if (names.length > 0 && isPlain) return names.join("/");
  throw invalidJob("files: `as` is a relative path with `/` between names, without `..`.");
}

async function existing(path: string, what: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    throw invalidJob(`${what} cannot be read: ${messageOf(cause)}`, cause);
  }
}

function byName({ name: a }: { readonly name: string }, { name: b }: { readonly name: string }): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
