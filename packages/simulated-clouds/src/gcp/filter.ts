import { NotUnderstood } from "../core/http-cloud.ts";
import { messageOf } from "../support/message-of.ts";
import { invalidField } from "./api-error.ts";
import { isRecord } from "./check-message.ts";
import {
  type FieldDescription,
  type MessageDescription,
  fieldNamed,
  isMessage,
  messageNamed,
  typeOfField,
} from "./protos.ts";
import { type RegexComparison, parseRegexFilter } from "./regex-filter.ts";

type Predicate = (resource: Readonly<Record<string, unknown>>) => boolean;

/**
 * What a list's `filter` lets through. Both of the cloud's languages: AIP-160 (`labels.x = y`, `labels.x:*`, `AND`, `OR`, brackets)
 * and the older one with regular expressions (`name eq dask-.*`).
 *
 * @param typeName of what is listed, such as `Instance`
 * @throws NotUnderstood for whatever the cloud, or this simulation, would not understand.
 */
export function parseFilter(text: string | undefined, typeName: string): Predicate {
  if (text === undefined || text.trim() === "") return () => true;
  const type = messageNamed(typeName);
  return regexPredicate(text, type) ?? new Parser(text, type).parse();
}

function regexPredicate(text: string, type: MessageDescription): Predicate | undefined {
  let comparisons: readonly RegexComparison[] | undefined;
  try {
    comparisons = parseRegexFilter(text);
  } catch (error) {
    throw badFilter(text, messageOf(error));
  }
  for (const { field } of comparisons ?? []) assertField(text, type, field);
  return comparisons === undefined
    ? undefined
    : (resource) =>
        comparisons.every(({ field, negated, pattern }) => {
          return pattern.test(asText(valueAt(resource, field)) ?? "") !== negated;
        });
}

/** A filter that would be an error of the caller's in the cloud, too. */
function badFilter(text: string, why: string): Error {
  return new NotUnderstood(invalidField("filter", text, why).message);
}

const TOKEN = /\s*(?:(?<word>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()=!<>:"']+)|(?<symbol>!=|<=|>=|[()=<>:]))/uy;
const OPERATORS = new Set(["=", "!=", "<", ">", "<=", ">=", ":"]);

class Parser {
  readonly #text: string;
  readonly #type: MessageDescription;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string, type: MessageDescription) {
    this.#text = text;
    this.#type = type;
    TOKEN.lastIndex = 0;
    const trimmed = text.trimEnd();
    while (TOKEN.lastIndex < trimmed.length) {
      const groups = TOKEN.exec(trimmed)?.groups;
      if (groups === undefined) throw badFilter(text, "Invalid list filter expression.");
      this.#tokens.push(groups["word"] ?? groups["symbol"] ?? "");
    }
  }

  parse(): Predicate {
    const predicate = this.#expression();
    if (this.#at < this.#tokens.length) throw this.#error(`Unexpected ${this.#tokens[this.#at]}.`);
    return predicate;
  }

  /** Factors joined by AND, or by nothing: of a sequence all must hold. */
  #expression(): Predicate {
    const factors = [this.#factor()];
    while (this.#at < this.#tokens.length && this.#tokens[this.#at] !== ")") {
      if (this.#tokens[this.#at] === "AND") this.#at += 1;
      factors.push(this.#factor());
    }
    return (resource) => factors.every((factor) => factor(resource));
  }

  /** OR binds closer than AND does. */
  #factor(): Predicate {
    const terms = [this.#term()];
    while (this.#tokens[this.#at] === "OR") {
      this.#at += 1;
      terms.push(this.#term());
    }
    return (resource) => terms.some((term) => term(resource));
  }

  #term(): Predicate {
    if (this.#tokens[this.#at] === "NOT") {
      this.#at += 1;
      const negated = this.#term();
      return (resource) => !negated(resource);
    }
    if (this.#tokens[this.#at] !== "(") return this.#comparison();
    this.#at += 1;
    const inner = this.#expression();
    if (this.#next() !== ")") throw this.#error("A bracket is missing.");
    return inner;
  }

  #comparison(): Predicate {
    const field = this.#next();
    const operator = this.#next();
    const literal = this.#next();
    if (!/^[a-zA-Z]/u.test(field)) throw this.#error(`Unexpected ${field}.`);
    assertField(this.#text, this.#type, field);
    const wanted = unquoted(literal);
    const read = (resource: Readonly<Record<string, unknown>>): unknown => valueAt(resource, field);
    if (operator === ":" && literal === "*") return (resource) => read(resource) !== undefined;
    if (wanted.includes("*") || OPERATORS.has(literal) || literal === "(" || literal === ")") {
      throw this.#error(`${literal} is not understood.`);
    }
    switch (operator) {
      case "=":
        return (resource) => asText(read(resource)) === wanted;
      case "!=":
        return (resource) => asText(read(resource)) !== wanted;
      case ":":
        return (resource) => has(read(resource), wanted);
      default:
        throw this.#error(`The operator ${operator} is not simulated.`);
    }
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#error("It ends too early.");
    this.#at += 1;
    return token;
  }

  #error(why: string): Error {
    return badFilter(this.#text, why);
  }
}

function assertField(text: string, type: MessageDescription, path: string): void {
  let message: MessageDescription | undefined = type;
  const names = path.split(".");
  for (const [index, name] of names.entries()) {
    const field: FieldDescription | undefined = message === undefined ? undefined : fieldNamed(message, name);
    if (message === undefined || field === undefined) throw badFilter(text, `Invalid field ${path}.`);
    // Behind the name of a map, the rest is a key.
    if (field.keyType !== undefined && names.length === index + 2) return;
    const inner = typeOfField(message, field);
    message = isMessage(inner) ? inner : undefined;
  }
}

function unquoted(literal: string): string {
  return /^["']/u.test(literal) ? literal.slice(1, -1).replaceAll(/\\(?<kept>.)/gu, "$<kept>") : literal;
}

function valueAt(resource: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = resource;
  for (const name of path.split(".")) {
    if (!isRecord(value)) return undefined;
    value = value[name];
  }
  return value;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

function has(value: unknown, wanted: string): boolean {
  if (Array.isArray(value)) return value.includes(wanted);
  return asText(value)?.toLowerCase().includes(wanted.toLowerCase()) ?? false;
}
