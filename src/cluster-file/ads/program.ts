import { existsSync } from "node:fs";
import { resolve } from "node:path";

import type { RunProgram } from "../cluster-file.ts";
import { textsOf, unexpected } from "../nodes.ts";
import { jobOf } from "../run-program.ts";
import { CODE } from "./code-folder.ts";
import type { OwnTerms } from "./own-terms.ts";
import { pythonWords } from "./python-words.ts";
import type { Reader } from "./reader.ts";

const SPEC = ["spec", "runtime", "spec"];

interface Around {
  readonly reader: Reader;
  readonly terms: OwnTerms;
  /** The document's folder. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly problems: string[];
}

/** The program of `runtime:`. ADS runs it on the main node, in the image. */
export function adsProgram({ reader, terms, folder, env, problems }: Around): RunProgram | undefined {
  const { notes, provider } = terms;
  const kind = reader.text("spec", "runtime", "kind");
  if (kind !== undefined && kind.toLowerCase() !== "python") {
    notes.push(`The runtime ${kind} is not known here: its entryPoint is run with Python.`);
  }
  notes.push(...remoteCode(reader));
  const written = reader.text(...SPEC, "entryPoint");
  const more = ["args", "kwargs"].flatMap((name) => wordsOf(name, reader, problems));
  if (written === undefined) return undefined;
  const entry = written.startsWith(`${CODE}/`) ? written.slice(CODE.length + 1) : written;
  const words: RunProgram["command"] = ["python", entry, ...more];
  if (!existsSync(resolve(folder, entry))) {
    notes.push(`The entryPoint ${entry} is not beside the document: put it into ${folder}.`);
  }
  const job = provider.isCloud ? jobOf(words) : undefined;
  return { command: words, env, where: job === undefined ? "here" : "cluster", cwd: folder, job };
}

function remoteCode(reader: Reader): readonly string[] {
  const type = reader.text("spec", "runtime", "type") ?? reader.text(...SPEC, "type");
  if (type === undefined || !["git", "remote"].includes(type.toLowerCase())) return [];
  const uri = reader.text(...SPEC, "uri");
  const about = ["branch", "commit", "gitSecretId", "codeDir", "pythonPath"].filter(
    (name) => reader.node(...SPEC, name) !== undefined,
  );
  const also = about.length === 0 ? "" : ` (${about.join(", ")})`;
  return [
    `The code at ${uri ?? "the runtime's uri"}${also} is not fetched: clone it, and put this document beside the entryPoint.`,
  ];
}

/** Arguments as ADS reads them: all texts of a list in one line, split as a shell does. */
function wordsOf(name: string, reader: Reader, problems: string[]): readonly string[] {
  const node = reader.node(...SPEC, name);
  if (node === undefined) return [];
  const words = pythonWords((textsOf(node) ?? ["'"]).join(" "));
  if (words === undefined) problems.push(unexpected(name, "texts whose quotes are closed", node));
  return words ?? [];
}
