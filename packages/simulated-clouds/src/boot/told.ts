import { createHash } from "node:crypto";

import { ETC, userDataFiles } from "../dask-fleet.ts";
import { messageOf } from "../support/message-of.ts";

/** A machine's user data, parsed as the machine itself would. */
export interface Told {
  /** Texts by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  /** `node.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The lists of `node.env`, such as `DASK_FLEET_ARGS`. */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>;
  /** The same for the same user data. */
  readonly digest: string;
}

/** Reads user data, the same bytes only once: a thousand workers share theirs. */
export class UserDataReader {
  readonly #known = new Map<string, Told>();

  /** @throws Error that names what a machine could not parse. */
  read(userData: Buffer | undefined): Told {
    if (userData === undefined || userData.length === 0) throw new Error("This machine was given no user data");
    const digest = createHash("sha256").update(userData).digest("base64");
    const told = this.#known.get(digest) ?? read(userData, digest);
    this.#known.set(digest, told);
    return told;
  }
}

function read(userData: Buffer, digest: string): Told {
  let files: Map<string, string>;
  try {
    files = new Map(userDataFiles(userData).map(({ path, content }) => [path, content.toString("utf8")]));
  } catch (error) {
    throw new Error(`cloud-init could not read this user data: ${messageOf(error)}`, { cause: error });
  }
  return { files, digest, ...parseParameters(files.get(`${ETC}/node.env`) ?? "") };
}

const WORD = String.raw`(?:'[^']*'|\\')+`;
const ASSIGNMENT = new RegExp(`(?:#.*|(\\w+)=(?:(${WORD})|\\(((?:${WORD} ?)*)\\)))\n`, "y");

/** What bash makes of assignments as `parameterFile` (src/bootstrap/env/env-file.ts) writes them. */
export function parseParameters(text: string): Pick<Told, "env" | "lists"> {
  const env: Record<string, string> = {};
  const lists: Record<string, readonly string[]> = {};
  ASSIGNMENT.lastIndex = 0;
  while (ASSIGNMENT.lastIndex < text.length) {
    const from = ASSIGNMENT.lastIndex;
    const found = ASSIGNMENT.exec(text);
    if (found === null) throw new Error(`node.env cannot be read from: ${text.slice(from, from + 40)}`);
    const [, name, word, list] = found;
    if (name === undefined) continue;
    if (word === undefined) lists[name] = (list ?? "").match(new RegExp(WORD, "g"))?.map(unquoted) ?? [];
    else env[name] = unquoted(word);
  }
  return { env, lists };
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|\\'/g, (piece: string, quoted: string | undefined) => quoted ?? piece.slice(1));
}
