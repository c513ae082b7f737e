import { parseArgs } from "node:util";

import { DaskFleetError } from "../errors.ts";
import { camelCase, variableFor } from "../options/option-names.ts";

/** What was written behind `dask-fleet`. */
export interface CommandLine {
  /** The command, and what it is about: `remove`, `ec2`, `my-cluster`. */
  readonly words: readonly string[];
  /** The cluster's options by the names that they were written with, `n-workers`, and their values as text. */
  readonly options: ReadonlyMap<string, string>;
  /** What stands behind `--`. */
  readonly rest: readonly string[];
}

/**
 * Reads `--n-workers=2`, `--n-workers 2`, `--public-ip` (True) and `--no-public-ip` (False). Which options there are, the provider
 * knows.
 *
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const options = new Map<string, string>();
  let open: string | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") return { words, options, rest: args.slice(token.index + 1) };
    if (token.kind === "option") {
      const negated = token.value === undefined && token.name.startsWith("no-");
      const name = negated ? token.name.slice("no-".length) : token.name;
      if (!token.rawName.startsWith("--"))
        throw usage(`"${token.rawName}" is not understood: options begin with "--".`);
      if (options.has(name)) throw usage(`The option --${name} is given twice.`);
      options.set(name, token.value ?? (negated ? "False" : "True"));
      open = token.value === undefined && !negated ? name : undefined;
    } else if (open === undefined) words.push(token.value);
    else {
      options.set(open, token.value);
      open = undefined;
    }
  }
  return { words, options, rest: [] };
}

/**
 * The variables that say to a cluster's constructor what its options on the command line say: they are read like those of the
 * environment, and win over it.
 */
export function asVariables(section: string, options: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...options].map(([name, value]) => {
      const [option = "", ...inner] = name.split(".");
      return [[variableFor(section, camelCase(option)), ...inner].join("__"), value];
    }),
  );
}

/** What the caller has written wrong. */
export function usage(message: string): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", `${message} See dask-fleet --help.`);
}
