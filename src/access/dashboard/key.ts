import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import { cookiesNamed } from "./cookies.ts";

/** The parameter of the URL that holds the key. */
const PARAMETER = "fleet-key";
const BYTES = 32;

/** The secret of one dashboard: 256 random bits, first in the URL, then in a cookie. */
export class Key {
  readonly #value = randomBytes(BYTES).toString("base64url");
  /** Cookies ignore ports, so each dashboard has a cookie name of its own. */
  readonly #cookie: string;

  constructor(port: number) {
    this.#cookie = `dask-fleet-${port}`;
  }

  get cookieName(): string {
    return this.#cookie;
  }

  /** Invisible to scripts, and never sent for another site's page. */
  get setCookie(): string {
    return `${this.#cookie}=${this.#value}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** The page's URL with the key in it. */
  urlOf(page: URL): string {
    const url = new URL(page);
    url.searchParams.set(PARAMETER, this.#value);
    return url.href;
  }

  /** Whether the URL holds a key at all, right or wrong. */
  static isIn(url: URL): boolean {
    return url.searchParams.has(PARAMETER);
  }

  opens(url: URL): boolean {
    const given = url.searchParams.getAll(PARAMETER);
    return given.length === 1 && this.#equals(given[0] ?? "");
  }

  static without(url: URL): string {
    const clean = new URL(url);
    clean.searchParams.delete(PARAMETER);
    return `${clean.pathname}${clean.search}`;
  }

  /** Another server on this host may add a cookie of that name, so one right value among several is enough. */
  isInCookies(header: string | undefined): boolean {
    return cookiesNamed(this.#cookie, header).some((value) => this.#equals(value));
  }

  /** Compares in constant time. */
  #equals(given: string): boolean {
    return timingSafeEqual(digest(given), digest(this.#value));
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
