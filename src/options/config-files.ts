import { readdirSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";

import { isError, messageOf } from "../errors.ts";
import { readBoundedFile, UnsuitableFile } from "../files/bounded-file.ts";
import { leavesOf, nodeOf, overlay } from "./config-tree.ts";
import type { ConfigNode, ConfigTree } from "./config-tree.ts";
import type { Environment } from "./environment.ts";
import { parsePythonYaml } from "./python-yaml.ts";

/** Dask's own defaults have 40 kB. The worst YAML of this size takes a second to parse. */
const LARGEST_FILE = 128 * 1024;
const OTHERS_READ = 0o044;

export interface ConfigPlaces {
  readonly env: Environment;
  /** Undefined for a user without a home. */
  readonly home: string | undefined;
  readonly cwd: string;
}

/**
 * Dask's configuration paths, the least important first. Python's `<sys.prefix>/etc/dask` is left out, because the Python is not
 * known here.
 */
export function configPaths({ env, home, cwd }: ConfigPlaces): readonly string[] {
  const paths = [env["DASK_ROOT_CONFIG"] ?? "/etc/dask"];
  if (home !== undefined) paths.push(join(home, ".config", "dask"));
  if (env["DASK_CONFIG"] !== undefined) paths.push(env["DASK_CONFIG"]);
  const absolute = paths.map((path) => resolve(cwd, path));
  return absolute.filter((path, index) => absolute.lastIndexOf(path) === index);
}

/** Reads and merges Dask's configuration files; more important files win. Faults are added to `problems`. */
export function readConfigFiles(places: ConfigPlaces, problems: string[]): ConfigTree {
  const tree: ConfigTree = new Map();
  for (const file of configPaths(places).flatMap(filesAt)) {
    try {
      overlay(tree, readConfigFile(file));
    } catch (error) {
      const verdict = error instanceof UnsuitableFile ? error.message : `is malformed: ${messageOf(error)}`;
      problems.push(`The Dask configuration file ${file} ${verdict}`);
    }
  }
  return tree;
}

/** Like Dask, skips missing and unreadable paths. */
function filesAt(path: string): string[] {
  return (
    unlessUnreadable(() => {
      if (!statSync(path).isDirectory()) return [path];
      const names = readdirSync(path).filter((name) =>
        [".json", ".yaml", ".yml"].includes(extname(name).toLowerCase()),
      );
      return names.sort().map((name) => join(path, name));
    }) ?? []
  );
}

function readConfigFile(path: string): ConfigTree {
  let mode = 0;
  const content = unlessUnreadable(() =>
    readBoundedFile(path, LARGEST_FILE, (stat) => {
      mode = stat.mode;
    }).toString(),
  );
  // Files about other parts of Dask are ignored, even malformed ones.
  if (content?.includes("cloudprovider") !== true) return new Map();
  const { value, text } = parsePythonYaml(content);
  const node = nodeOf(value, text, { kind: "file", path });
  if ("children" in node) {
    if (process.platform !== "win32" && (mode & OTHERS_READ) !== 0 && holdsKey(node)) throw exposedKey(mode);
    return node.children;
  }
  if (value === null) return new Map();
  throw new Error("a mapping is expected at its top level");
}

/** Whether an option `security` holds a private key itself. */
function holdsKey(node: ConfigNode, name = ""): boolean {
  if (!("children" in node)) return false;
  if (name === "security")
    return leavesOf(node).some(({ readings }) => readings.some((each) => /PRIVATE KEY-----/u.test(String(each))));
  return [...node.children].some(([inner, child]) => holdsKey(child, inner));
}

function exposedKey(mode: number): UnsuitableFile {
  const written = (mode & 0o7777).toString(8).padStart(4, "0");
  return new UnsuitableFile(
    `holds a private key below security, and others can read it (mode ${written}): chmod go-r it, or write the key's path, or a reference to a secret`,
  );
}

function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isError(error) && "syscall" in error) return undefined;
    throw error;
  }
}
