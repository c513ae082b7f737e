import { parseArgs } from "node:util";

import type * as z from "zod";

import { DaskFleetError } from "../errors.ts";
import { isOption, takesWord } from "../options/flag-tree.ts";
import { type Flag, carrying } from "../options/flags.ts";

/** The words after `dask-fleet`. */
export interface CommandLine {
  /** The command and its operands: `remove`, `ec2`, `my-cluster`. */
  readonly words: readonly string[];
  /** The command's own options by name, and their values as text: "True" for a switch. */
  readonly options: ReadonlyMap<string, string>;
  /** The cluster's options. */
  readonly flags: readonly Flag[];
  /** The words after `--`. */
  readonly rest: readonly string[];
}

/** Known options. They decide which flags take the word that follows. */
export interface Known {
  /** The command's own options; one that takes a value ends in `=`. */
  readonly own?: readonly string[] | undefined;
  /** The cluster's options. */
  readonly schema?: z.ZodObject | undefined;
}

interface Token {
  /** Without the dashes, and without its value. */
  readonly written: string;
  readonly inline: string | undefined;
}

/** Of every command. */
const EVERYWHERE = ["help", "version"];

/**
 * Reads `--n-workers=2`, `--n-workers 2`, `--public-ip`, `--no-public-ip`, `--public-ip=false` and `--tags.team=a`. A switch takes
 * only words that are its values.
 *
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function parseCommandLine(args: readonly string[], { own = [], schema }: Known = {}): CommandLine {
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const options = new Map<string, string>();
  const flags: Flag[] = [];
  const switches = new Set([...EVERYWHERE, ...own.filter((name) => !name.endsWith("="))]);
  const valued = new Set(own.filter((name) => name.endsWith("=")).map((name) => name.slice(0, -1)));
  /** Takes the word that follows, if it is one of its values. */
  let open: ((word: string) => boolean) | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") return { words, options, flags, rest: args.slice(token.index + 1) };
    if (token.kind === "positional") {
      if (open?.(token.value) !== true) words.push(token.value);
      open = undefined;
      continue;
    }
    const { name, rawName, value } = token;
    if (!rawName.startsWith("--")) throw usage(`"${rawName}" is not an option: options begin with "--".`);
    if (switches.has(name) || valued.has(name)) {
      if (options.has(name)) throw usage(`The option --${name} is given twice.`);
      options.set(name, value ?? "True");
      open = value === undefined && valued.has(name) ? (word) => options.set(name, word).has(name) : undefined;
    } else {
      flags.push(flagOf({ written: name, inline: value }, schema));
      open = value === undefined ? (word) => takes(flags, word, schema) : undefined;
    }
  }
  return { words, options, flags, rest: [] };
}

/** All words of a command line, including possible values of options. */
export function allWords(args: readonly string[]): readonly string[] {
  return parseArgs({ args: [...args], strict: false, allowPositionals: true }).positionals;
}

/**
 * The constructor's options on a command line.
 *
 * @param defaults in place of the schema's own
 */
export function optionsOf({ flags }: CommandLine, defaults: Readonly<Record<string, unknown>> = {}): object {
  return carrying({ flags, defaults });
}

function flagOf({ written, inline }: Token, schema: z.ZodObject | undefined): Flag {
  const isNamed = schema !== undefined && isOption(pathOf(written)[0], schema);
  const isDenied = inline === undefined && written.startsWith("no-") && !isNamed;
  const path = pathOf(isDenied ? written.slice("no-".length) : written);
  return { written: `--${written}`, path, value: inline ?? !isDenied };
}

function pathOf(written: string): readonly [string, ...string[]] {
  const [name = "", ...inner] = written.split(".");
  return [name, ...inner];
}

/** Gives a word to the last flag, unless it is not one of its values. */
function takes(flags: Flag[], word: string, schema: z.ZodObject | undefined): boolean {
  const flag = flags.at(-1);
  if (flag === undefined || flag.value === false) return false;
  if (schema !== undefined && !takesWord(flag.path, schema, word)) return false;
  flags[flags.length - 1] = { ...flag, value: word };
  return true;
}

/** A usage error. */
export function usage(message: string): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", `${message} See dask-fleet --help.`);
}
