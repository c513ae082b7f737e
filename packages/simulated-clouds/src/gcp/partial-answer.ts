import { invalidField } from "./api-error.ts";
import { isRecord } from "./check-message.ts";
import { fieldNamed, isMessage, type MessageDescription, messageNamed, typeOfField } from "./protos.ts";

// The parameter of every method that selects a part of its answer, such as `items(name,zone),nextPageToken`.
export const FIELDS = "fields";

/** What of each field is wanted; undefined: all of it. */
interface Selection extends Map<string, Selection | undefined> {}

/** The selected part of an answer. @throws ApiError 400 for fields that the answer's message does not have */
export function partOf(responseType: string, json: unknown, fields: string | undefined): unknown {
  if (fields === undefined) return json;
  const parser = new Parser(fields);
  const selection = parser.parse();
  assertSelection(messageNamed(responseType), selection, fields);
  return selected(json, selection);
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/[A-Za-z][A-Za-z0-9]*|\*|[/(),]|./gu) ?? [];
  }

  parse(): Selection {
    const selection = this.#list();
    if (this.#at < this.#tokens.length) throw invalidSelection(this.#text);
    return selection;
  }

  #list(): Selection {
    const selection: Selection = new Map();
    do {
      add(selection, ...this.#path());
    } while (this.#take(","));
    return selection;
  }

  #path(): [name: string, inner: Selection | undefined] {
    const name = this.#tokens[this.#at];
    if (name === undefined || !/^[A-Za-z*]/u.test(name)) throw invalidSelection(this.#text);
    this.#at += 1;
    if (this.#take("/")) return [name, new Map([this.#path()])];
    if (!this.#take("(")) return [name, undefined];
    const inner = this.#list();
    if (!this.#take(")")) throw invalidSelection(this.#text);
    return [name, inner];
  }

  #take(symbol: string): boolean {
    if (this.#tokens[this.#at] !== symbol) return false;
    this.#at += 1;
    return true;
  }
}

/** What is selected twice is selected once, with all that either has. */
function add(selection: Selection, name: string, inner: Selection | undefined): void {
  const known = selection.get(name);
  if (!selection.has(name) || inner === undefined) selection.set(name, inner);
  else if (known !== undefined) for (const [each, more] of inner) add(known, each, more);
}

function assertSelection(message: MessageDescription, selection: Selection, fields: string): void {
  for (const [name, inner] of selection) {
    const field = fieldNamed(message, name);
    if (field === undefined) throw invalidSelection(fields, name);
    const type = typeOfField(message, field);
    // Keys of a map are not known beforehand.
    const inners = field.keyType === undefined || inner === undefined ? [inner] : [...inner.values()];
    for (const each of inners) if (each !== undefined && isMessage(type)) assertSelection(type, each, fields);
  }
}

function selected(value: unknown, selection: Selection | undefined): unknown {
  if (selection === undefined) return value;
  if (Array.isArray(value)) return value.map((each) => selected(each, selection));
  if (!isRecord(value)) return value;
  const all = selection.has("*") ? Object.keys(value) : [...selection.keys()].filter((name) => name in value);
  return Object.fromEntries(
    all.map((name) => [name, selected(value[name], selection.has(name) ? selection.get(name) : selection.get("*"))]),
  );
}

function invalidSelection(fields: string, name: string = fields): Error {
  return invalidField("fields", fields, `Invalid field selection ${name}`);
}
