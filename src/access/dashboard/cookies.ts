/** The more a scheduler's pages set, the more cookies of other servers on this host could be asked for. */
const MAX_NAMES = 32;

/** All values that a `Cookie` header gives a name. */
export function cookiesNamed(name: string, header: string | undefined): readonly string[] {
  return pairs(header).flatMap((pair) => (nameOf(pair) === name ? [pair.slice(name.length + 1)] : []));
}

/**
 * Which cookies travel. A browser sends a server on loopback the cookies of all others there, such as Jupyter's: the scheduler gets
 * back only what it has set itself, and the dashboard's key never.
 */
export class CookieFilter {
  readonly #own: string;
  readonly #set = new Set<string>();

  /** @param own the name that is never passed on */
  constructor(own: string) {
    this.#own = own;
  }

  /** Of a `Set-Cookie` list, what the browser may get. */
  toBrowser(cookies: readonly string[]): string[] {
    return cookies.filter((cookie) => {
      const name = nameOf(cookie);
      if (name === this.#own || (this.#set.size >= MAX_NAMES && !this.#set.has(name))) return false;
      this.#set.add(name);
      return true;
    });
  }

  /** Of a `Cookie` header, what the scheduler may get. */
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
