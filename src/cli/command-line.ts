import { parseArgs } from "node:util";

import type * as z from "zod";

import { isOption, takesWord } from "../options/flags/flag-tree.ts";
import type { Flag } from "../options/flags/flags.ts";
import { usage } from "./usage.ts";

/** The words after `dask-fleet`. */
export interface CommandLine {
  /** The command and its operands: `remove`, `ec2`, `my-cluster`. */
  readonly words: readonly string[];
  /** The command's own options, as written: `--follow`, `--id=a1`. */
  readonly own: readonly string[];
  /** The cluster's options. */
  readonly flags: readonly Flag[];
  /** The words after `--`. */
  readonly rest: readonly string[];
}

/** Known options. They decide which flags take the word that follows. */
export interface Known {
  /** The command's own options by each of their names, without dashes, and whether they take a value. */
  readonly own?: ReadonlyMap<string, boolean> | undefined;
  /** The cluster's options. */
  readonly schema?: z.ZodObject | undefined;
}

interface Token {
  /** Without the dashes, and without its value. */
  readonly written: string;
  readonly inline: string | undefined;
}

const NO_OPTIONS: ReadonlyMap<string, boolean> = new Map();

/**
 * Tells the command's own options from the cluster's, whose grammar is their schema's: `--n-workers=2`, `--n-workers 2`,
 * `--public-ip`, `--no-public-ip`, `--public-ip=false` and `--tags.team=a`. A switch takes only words that are its values.
 *
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function parseCommandLine(
  args: readonly string[],
  { own: known = NO_OPTIONS, schema }: Known = {},
): CommandLine {
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const own: string[] = [];
  const flags: Flag[] = [];
  /** Takes the word that follows, if it is one of its values. */
  let open: ((word: string) => boolean) | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") return { words, own, flags, rest: args.slice(token.index + 1) };
    if (token.kind === "positional") {
      if (open?.(token.value) !== true) words.push(token.value);
      open = undefined;
      continue;
    }
    const { name, rawName, value } = token;
    const takesValue = known.get(name);
    if (takesValue !== undefined) {
      own.push(value === undefined ? rawName : `${rawName}=${value}`);
      open = value === undefined && takesValue ? (word) => giveTo(own, rawName, word) : undefined;
    } else if (rawName.startsWith("--")) {
      flags.push(flagOf({ written: name, inline: value }, schema));
      open = value === undefined ? (word) => takes(flags, word, schema) : undefined;
    } else {
      throw usage(`Unknown option "${rawName}".`);
    }
  }
  return { words, own, flags, rest: [] };
}

/** All words of a command line, including possible values of options. */
export function allWords(args: readonly string[]): readonly string[] {
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true });
  const end = tokens.findIndex(({ kind }) => kind === "option-terminator");
  return tokens
    .slice(0, end === -1 ? undefined : end)
    .flatMap((token) => (token.kind === "positional" ? [token.value] : []));
}

/** A short option keeps its value in a word of its own. */
function giveTo(own: string[], rawName: string, word: string): boolean {
  if (rawName.startsWith("--")) own[own.length - 1] = `${rawName}=${word}`;
  else own.push(word);
  return true;
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
