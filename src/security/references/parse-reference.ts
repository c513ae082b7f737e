import { distance } from "fastest-levenshtein";

import { READERS } from "./readers.ts";
import type { SecretReference } from "./secret-reference.ts";
import { FORMS, STORES, type Store, misspeltStore, storeOf } from "./stores.ts";
import type { Tail } from "./tail.ts";

/** Why a text is no reference, in words that follow its name: `names no store`. Holds nothing of the text. */
export interface NoReference {
  readonly problem: string;
}

const LONGEST = 2048;
/** The parts of names, URLs and ARNs; no blank, quote, control or percent sign. */
const PLAIN = /^[\w.~:/+=@?&#![\]-]+$/;
const FIELD = /^[\w.-]{1,256}$/;
const VALUE = /^[\w.~:/+=@-]{1,512}$/;

/**
 * Reads a reference to a secret, such as `gcp-sm:projects/p/secrets/t`. `#FIELD` and `?name=value` may stand in either order.
 *
 * @returns why not, without a part of the text: it may be the secret itself
 */
export function parseReference(text: string): SecretReference | NoReference {
  const store = storeOf(text);
  if (store === undefined) return { problem: noStore(text) };
  const no = (what: string): NoReference => ({ problem: `${what}: expected ${FORMS[store]}` });
  if (text.length > LONGEST) return no(`is longer than the ${LONGEST} characters of a reference`);
  const rest = text.slice(store.length + 1);
  if (rest === "") return no(`names nothing behind ${store}:`);
  if (!PLAIN.test(rest)) return no("has a character that no reference has");
  const [body = ""] = rest.split(/[?#]/, 1);
  const tail = tailOf(rest.slice(body.length), store);
  if (typeof tail === "string") return no(tail);
  const { known } = READERS[store];
  if (tail.field !== undefined && !known.field) return no("has a #FIELD, which this store has not");
  const read = READERS[store].read(body, tail);
  return typeof read === "string" ? no(read) : read;
}

export function isReference(parsed: SecretReference | NoReference): parsed is SecretReference {
  return "store" in parsed;
}

function tailOf(text: string, store: Store): Tail | string {
  const parts = text.match(/[?#][^?#]*/g) ?? [];
  const fields = parts.filter((part) => part.startsWith("#"));
  const queries = parts.filter((part) => part.startsWith("?"));
  if (fields.length > 1) return "has more than one #FIELD";
  if (queries.length > 1) return "has more than one ?: parameters are divided by &";
  const field = fields[0]?.slice(1);
  if (field !== undefined && !FIELD.test(field))
    return "has no name of a field behind its # (letters, digits, _, . and -)";
  const parameters = new Map<string, string>();
  for (const entry of queries[0]?.slice(1).split("&") ?? []) {
    const at = entry.indexOf("=");
    const problem = parameterProblem(entry.slice(0, Math.max(0, at)), entry.slice(at + 1), store, parameters);
    if (problem !== undefined) return problem;
    parameters.set(entry.slice(0, at), entry.slice(at + 1));
  }
  return { field, parameters };
}

function parameterProblem(
  name: string,
  value: string,
  store: Store,
  before: ReadonlyMap<string, string>,
): string | undefined {
  const { parameters } = READERS[store].known;
  if (!parameters.includes(name)) {
    if (parameters.length === 0) return "has a parameter, which this store has not";
    const near = parameters.find((known) => distance(name.toLowerCase(), known) <= 2);
    return near === undefined
      ? `has an unknown parameter (known: ${parameters.join(", ")})`
      : `has an unknown parameter (did you mean "${near}"?)`;
  }
  if (before.has(name)) return `has the parameter ${name} twice`;
  return VALUE.test(value) ? undefined : `has no value that its parameter ${name} can have`;
}

function noStore(text: string): string {
  const near = misspeltStore(text);
  const hint = near === undefined ? "" : ` Did you mean ${near}:?`;
  return `names no store: expected one of ${STORES.map((store) => `${store}:`).join(", ")}.${hint}`;
}
