/** A bound: with unlimited names a scheduler could ask for cookies of other servers on this host. */
const MAX_NAMES = 32;

/** All values of one name in a `Cookie` header. */
export function cookiesNamed(name: string, header: string | undefined): readonly string[] {
  return pairs(header).flatMap((pair) => (nameOf(pair) === name ? [pair.slice(name.length + 1)] : []));
}

/**
 * Decides which cookies pass. A browser sends a server on loopback the cookies of all others there, such as Jupyter's. The scheduler
 * gets back only what it set itself, and never the dashboard's key.
 */
export class CookieFilter {
  readonly #own: string;
  readonly #set = new Set<string>();

  /** @param own the name that is never passed on */
  constructor(own: string) {
    this.#own = own;
  }

  /** The part of a `Set-Cookie` list that the browser may get. */
  toBrowser(cookies: readonly string[]): string[] {
    return cookies.filter((cookie) => {
      const name = nameOf(cookie);
      if (name === this.#own || (this.#set.size >= MAX_NAMES && !this.#set.has(name))) return false;
      this.#set.add(name);
      return true;
    });
  }

  /** The part of a `Cookie` header that the scheduler may get. */
  toScheduler(header: string | undefined): string | undefined {
    const kept = pairs(header).filter((pair) => this.#set.has(nameOf(pair)));
    return kept.length === 0 ? undefined : kept.join("; ");
  }
}

function pairs(header: string | undefined): readonly string[] {
  return (header ?? "").split(";").map((pair) => pair.trim());
}

function nameOf(cookie: string): string {
  return cookie.slice(0, Math.max(0, cookie.indexOf("="))).trim();
}
