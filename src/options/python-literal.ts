/** One value in two readings: typed as in Python, and with numbers and booleans as written. */
export interface Reading {
  readonly value: unknown;
  readonly text: unknown;
}

const NUMBER =
  /(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*(?:\.(?:[eE][+-]?\d(?:_?\d)*)?|[eE][+-]?\d(?:_?\d)*)|0(?:_?0)*(?!\d)|[1-9](?:_?\d)*)(?![\w.])/y;
const KEYWORD = /(?:True|False|None)(?!\w)/y;
const STRING_START = /(?:[rRuU])?("""|'''|"|')/y;
const SPACE = /(?:[ \t\r\n\f]|#[^\n]*)*/y;
const ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|N\{|[^])/g;
const DEEPEST = 200;
/** More than Linux allows for an environment variable. */
const LONGEST = 256 * 1024;

const KEYWORDS: ReadonlyMap<string, boolean | null> = new Map([
  ["True", true],
  ["False", false],
  ["None", null],
]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", ""],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

class NotALiteral extends Error {}

/**
 * Reads a Python literal as `ast.literal_eval` does: numbers, strings, `True`, `False`, `None`, lists, tuples, sets (all
 * three as arrays) and dicts (as Maps). Anything else is `undefined`, also literals without a JavaScript counterpart:
 * bytes, complex numbers, `...` and `\N{…}`; and what has more than 262,144 characters.
 */
export function pythonLiteral(source: string): Reading | undefined {
  if (source.length > LONGEST) return undefined;
  try {
    return new Parser(source).parse();
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Reading {
    const first = this.#value();
    const literal = this.#peek() === "," ? listOf([first, ...this.#restOfTuple("")]) : first;
    if (this.#peek() !== "") throw new NotALiteral();
    return literal;
  }

  #value(): Reading {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new NotALiteral();
    const value = this.#compound() ?? this.#number() ?? this.#keyword() ?? this.#strings();
    this.#depth -= 1;
    return value;
  }

  #compound(): Reading | undefined {
    if (this.#skip("[")) return listOf(this.#items("]"));
    if (this.#skip("{")) return this.#dictOrSet();
    if (!this.#skip("(")) return undefined;
    if (this.#skip(")")) return listOf([]);
    const first = this.#value();
    const tuple = this.#peek() === "," ? listOf([first, ...this.#restOfTuple(")")]) : first;
    this.#expect(")");
    return tuple;
  }

  /** The values up to `close`, which is taken too. */
  #items(close: string): Reading[] {
    const items: Reading[] = [];
    while (!this.#skip(close)) {
      items.push(this.#value());
      if (this.#peek() !== close) this.#expect(",");
    }
    return items;
  }

  /** What follows the first value of a tuple, up to `close`, which is left. */
  #restOfTuple(close: string): Reading[] {
    const items: Reading[] = [];
    while (this.#skip(",") && this.#peek() !== close) items.push(this.#value());
    return items;
  }

  #dictOrSet(): Reading {
    if (this.#skip("}")) return { value: new Map(), text: new Map() };
    const first = this.#value();
    if (this.#peek() !== ":") return listOf([first, ...(this.#skip(",") ? this.#items("}") : this.#end("}"))]);
    const value = new Map<string, unknown>();
    const text = new Map<string, unknown>();
    for (let key = first; ; key = this.#value()) {
      if (typeof key.value === "object" && key.value !== null) throw new NotALiteral();
      this.#expect(":");
      const item = this.#value();
      const name = key.value === null ? "None" : String(key.text);
      value.set(name, item.value);
      text.set(name, item.text);
      if (this.#skip("}")) break;
      this.#expect(",");
      if (this.#skip("}")) break;
    }
    return { value, text };
  }

  #end(close: string): [] {
    this.#expect(close);
    return [];
  }

  #number(): Reading | undefined {
    const sign = this.#skip("-") ? "-" : this.#skip("+") ? "+" : "";
    const digits = this.#match(NUMBER)?.[0];
    if (digits === undefined && sign !== "") throw new NotALiteral();
    if (digits === undefined) return undefined;
    const size = Number(digits.replaceAll("_", ""));
    return { value: sign === "-" ? -size : size, text: sign + digits };
  }

  #keyword(): Reading | undefined {
    const word = this.#match(KEYWORD)?.[0];
    if (word === undefined) return undefined;
    const value = KEYWORDS.get(word) ?? null;
    return { value, text: value === null ? null : word };
  }

  /** Adjacent strings are one string. */
  #strings(): Reading {
    let joined = "";
    let start = this.#match(STRING_START);
    if (start === undefined) throw new NotALiteral();
    while (start !== undefined) {
      joined += this.#string(start[0], start[1] ?? "");
      start = this.#match(STRING_START);
    }
    return { value: joined, text: joined };
  }

  #string(opening: string, quote: string): string {
    const from = this.#at;
    let end = from;
    while (!this.#source.startsWith(quote, end)) {
      const char = this.#source[end];
      if (char === undefined || (char === "\n" && quote.length === 1)) throw new NotALiteral();
      end += char === "\\" ? 2 : 1;
    }
    this.#at = end + quote.length;
    const body = this.#source.slice(from, end);
    return /^r/i.test(opening) ? body : body.replaceAll(ESCAPE, unescape);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    this.#peek();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source) ?? undefined;
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  /** The next character that is neither space nor comment; empty at the end. */
  #peek(): string {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#source);
    this.#at = SPACE.lastIndex;
    return this.#source[this.#at] ?? "";
  }

  #skip(char: string): boolean {
    const found = this.#peek() === char;
    if (found) this.#at += 1;
    return found;
  }

  #expect(char: string): void {
    if (!this.#skip(char)) throw new NotALiteral();
  }
}

function listOf(items: readonly Reading[]): Reading {
  return { value: items.map((item) => item.value), text: items.map((item) => item.text) };
}

function unescape(escape: string): string {
  const code = escape.slice(1);
  const plain = ESCAPES.get(code);
  if (plain !== undefined) return plain;
  if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
  if (/^[xuU]./.test(code)) return codePoint(Number.parseInt(code.slice(1), 16));
  if (/^[xuUN]/.test(code)) throw new NotALiteral();
  return escape;
}

function codePoint(code: number): string {
  if (code > 0x10_ff_ff) throw new NotALiteral();
  return String.fromCodePoint(code);
}
