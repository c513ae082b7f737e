import type { Flag } from "../options/flags/flags.ts";
import type { Output } from "./output.ts";
import type { LoadedProvider } from "./providers.ts";

/**
 * How a command finds its cluster.
 *
 * - `new`: `[PROVIDER]` and the options of a cluster that does not exist yet.
 * - `described`: as `new`, or a cluster file among the operands instead of the provider.
 * - `known`: `[PROVIDER] NAME` of a cluster with a record on this computer.
 * - `tagged`: `[PROVIDER] NAME`, also of a cluster that was started elsewhere.
 * - `places`: `[PROVIDER]`; all providers without one.
 * - `none`: no cluster.
 */
export type ClusterUse = "new" | "described" | "known" | "tagged" | "places" | "none";

/** A word of a command line after the provider and the name. */
export interface Operand {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  readonly many?: boolean;
  /** Its words, for completion. */
  readonly choices?: readonly string[];
  /** What follows the name of a worker group in such a word, for completion. */
  readonly groups?: "=";
}

/** An option of the command itself, not of the cluster. */
export interface OwnOption {
  /** As in its help: `-f, --follow`, or `--id <id>` for one with a value. */
  readonly flags: string;
  readonly help: string;
  /** Whether it may be repeated. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
}

/** A command as its help shows it. Files of commands import no value of the library at the top: help is quick. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Paragraphs of its own help. */
  readonly details?: readonly string[];
  /** Command lines, each with what it does. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  readonly group: CommandGroup;
  readonly cluster: ClusterUse;
  readonly operands?: readonly Operand[];
  readonly options?: readonly OwnOption[];
  /** Whether the words after `--` are a command to run. */
  readonly takesCommand?: boolean;
  /** Whether standard output belongs to a program that it runs: then there is no `--json`. */
  readonly ownsOutput?: boolean;
  /** Returns the exit code. */
  readonly run: (call: Call) => Promise<number>;
}

/** Headings of the list of commands. */
export const COMMAND_GROUPS = ["Start and stop", "Work", "Look", "Clean up", "Before the start", "Tools"] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/** The command's own options by their names in camelCase. */
export interface OwnValues {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** A command line, taken apart and checked. */
export interface Call {
  readonly command: Command;
  /** Undefined without one, where the command needs none. */
  readonly provider: LoadedProvider | undefined;
  /** The cluster's name; empty where the command has none. */
  readonly name: string;
  readonly operands: readonly string[];
  /** The words after `--`. */
  readonly rest: readonly string[];
  readonly own: OwnValues;
  /** The cluster's options as written. */
  readonly flags: readonly Flag[];
  readonly out: Output;
  /**
   * The constructor's options, which carry the command line.
   *
   * @param defaults in place of the schema's own
   */
  clusterOptions(defaults?: Readonly<Record<string, unknown>>): object;
}
