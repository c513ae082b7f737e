import { camelCase } from "./option-names.ts";

/** An option as it stands on a command line. */
export interface Flag {
  /** The option without its value, as it was written: `--n-workers`, `--no-public-ip`. */
  readonly written: string;
  /** Its name as it was written, and the names inside it: `["env-vars", "A"]`. */
  readonly path: readonly [string, ...string[]];
  /** The text of its value, or whether it is there (`--spot`) or denied (`--no-spot`). */
  readonly value: string | boolean;
}

/** What a command line says of a cluster's options. */
export interface CommandLineOptions {
  /** They win over whatever the constructor is given. */
  readonly flags: readonly Flag[];
  /** What counts where nobody has said anything, in place of the schema's own defaults. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Options carry the command line under a symbol: it goes wherever they go, through spreads and subclasses, and is seen neither by
 * who lists their names nor in JSON. Registered, because a plug-in may bring another copy of this module.
 */
const CARRIED = Symbol.for("dask-fleet.command-line");

interface Carrier {
  readonly [CARRIED]?: CommandLineOptions | undefined;
}

/** Constructor options that are nothing but the command line's. */
export function carrying(line: CommandLineOptions): object {
  return { [CARRIED]: line };
}

export function carriedBy(options: object): CommandLineOptions | undefined {
  return (options as Carrier)[CARRIED];
}

/** What the command line says, but for options that are not its to decide. */
export function carriedOn(options: object, { except }: { readonly except: readonly string[] }): object {
  const line = carriedBy(options);
  if (line === undefined) return {};
  return carrying({ ...line, flags: line.flags.filter(({ path }) => !except.includes(camelCase(path[0]))) });
}
