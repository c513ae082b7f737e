import type { ConfigTree } from "../config-tree.ts";
import { camelCase } from "../option-names.ts";

/** An option on a command line. */
export interface Flag {
  /** The option as written, without its value: `--n-workers`, `--no-public-ip`. */
  readonly written: string;
  /** Its name as written, and the names inside it: `["env-vars", "A"]`. */
  readonly path: readonly [string, ...string[]];
  /** The text of its value, or `true` for `--spot` and `false` for `--no-spot`. */
  readonly value: string | boolean;
  /** Whether the value is not on the command line: `--env NAME` takes it from the environment. */
  readonly isHidden?: boolean;
}

/** A cluster's options in a cluster file. */
export interface DocumentOptions {
  /** The file, for errors. */
  readonly path: string;
  /** As a section of Dask's configuration, names in snake case. */
  readonly tree: ConfigTree;
}

/** A cluster's options on a command line, and in the file that it names. */
export interface CommandLineOptions {
  /** They win over the file's options. */
  readonly flags: readonly Flag[];
  /** They win over the constructor's options. */
  readonly document?: DocumentOptions | undefined;
  /** Defaults in place of the schema's own. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
  /** Python's keyword arguments by their names there, such as `n_workers`. They replace the constructor's options. */
  readonly keywords?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Options carry the command line under a symbol: it survives spreads and subclasses, and is invisible in key lists and JSON. The
 * symbol is registered, because a plug-in may bring another copy of this module.
 */
const CARRIED = Symbol.for("dask-fleet.command-line");

interface Carrier {
  readonly [CARRIED]?: CommandLineOptions | undefined;
}

/** Constructor options that only carry the command line. */
export function carrying(line: CommandLineOptions): object {
  return { [CARRIED]: line };
}

/** Options of a cluster file, and a command line over them. */
export function carryingAlso(options: object, line: Omit<CommandLineOptions, "document">): object {
  return { ...options, ...carrying({ ...line, document: carriedBy(options)?.document }) };
}

export function carriedBy(options: object): CommandLineOptions | undefined {
  return (options as Carrier)[CARRIED];
}

/** The command line's options without those that it must not decide. */
export function carriedOn(options: object, { except }: { readonly except: readonly string[] }): object {
  const line = carriedBy(options);
  if (line === undefined) return {};
  const isLeft = (name: string): boolean => !except.includes(camelCase(name));
  const { keywords, document } = line;
  const tree = [...(document?.tree ?? [])].filter(([name]) => isLeft(name));
  return carrying({
    ...line,
    flags: line.flags.filter(({ path }) => isLeft(path[0])),
    document: document === undefined ? undefined : { ...document, tree: new Map(tree) },
    keywords: keywords && Object.fromEntries(Object.entries(keywords).filter(([name]) => isLeft(name))),
  });
}
