import type { ConfigNode } from "../../options/config-tree.ts";
import { camelCase } from "../../options/option-names.ts";
import { whyOwned } from "../../options/owned-dask-options.ts";
import { placeOf, textsOf, unexpected } from "../nodes.ts";
import { pythonWords } from "./python-words.ts";

/** TLS files by their paths on the machine. */
export interface TlsPaths {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** `startOptions` of one role: arguments of `dask scheduler` or `dask worker`. */
export interface StartOptions {
  readonly tls: TlsPaths;
  /** The other options, as `schedulerOptions` and `workerOptions` take them. */
  readonly options: Readonly<Record<string, string | boolean>>;
  readonly notes: readonly string[];
}

const TLS: Readonly<Record<string, keyof TlsPaths>> = { "tls-ca-file": "ca", "tls-cert": "cert", "tls-key": "key" };

/** Each text has an option and its value, `--tls-cert /code/cert.pem`; also several, and `--name=value`. */
export function startOptions(node: ConfigNode | undefined, problems: string[]): StartOptions {
  const words = node === undefined ? [] : wordsIn(node, problems);
  const tls: { -readonly [Name in keyof TlsPaths]: string } = {};
  const options: Record<string, string | boolean> = {};
  const notes: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [, name, inline] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/u.exec(word) ?? [];
    if (name === undefined) {
      const where = node === undefined ? "" : placeOf(node);
      problems.push(`Expected startOptions to hold options such as "--nthreads 2", got "${word}"${where}`);
      continue;
    }
    const next = words[at + 1];
    const value = inline ?? (next === undefined || next.startsWith("--") ? undefined : next);
    if (inline === undefined && value !== undefined) at += 1;
    const file = TLS[name];
    const why = whyOwned(camelCase(name));
    if (file !== undefined && value !== undefined) tls[file] = value;
    else if (why !== undefined) notes.push(`The start option --${name} is left out: ${why}.`);
    else if (value === undefined && name.startsWith("no-")) options[camelCase(name.slice(3))] = false;
    else options[camelCase(name)] = value ?? true;
  }
  return { tls, options, notes };
}

function wordsIn(node: ConfigNode, problems: string[]): readonly string[] {
  const texts = textsOf(node);
  const words = texts === undefined ? undefined : pythonWords(texts.join(" "));
  if (words === undefined) problems.push(unexpected("startOptions", "a list of texts", node));
  return words ?? [];
}
