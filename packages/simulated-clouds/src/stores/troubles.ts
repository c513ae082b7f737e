/** What may happen to a request instead of its answer. */
export type TroubleKind =
  /** The connection breaks. */
  | "cut"
  /** No answer, until the client gives up. */
  | "silent"
  /** An answer that comes byte by byte, for ever. */
  | "drip"
  /** An answer without an end, as fast as it can. */
  | "endless"
  /** 200 and a page, as a portal or a proxy has it. */
  | "html"
  /** 200 and JSON of another form. */
  | "nonsense"
  /** 307 to {@link ELSEWHERE}. */
  | "redirect"
  | "503"
  | "500"
  | "429";

/** Where redirects lead: a client that follows one is in the log with this host. */
export const ELSEWHERE = "elsewhere.example.com";

interface Trouble {
  readonly where: RegExp;
  readonly kind: TroubleKind;
  left: number;
}

/** Nastiness on demand: struck requests get no answer from a store, and have no effect. */
export class Troubles {
  readonly #all: Trouble[] = [];

  /** The next `times` requests whose `METHOD host/path` fits. */
  strike(where: RegExp, kind: TroubleKind, times = Infinity): void {
    this.#all.push({ where, kind, left: times });
  }

  /** What strikes this request, if anything. */
  take(what: string): TroubleKind | undefined {
    const trouble = this.#all.find(({ where, left }) => left > 0 && where.test(what));
    if (trouble !== undefined) trouble.left -= 1;
    return trouble?.kind;
  }

  clear(): void {
    this.#all.length = 0;
  }
}
