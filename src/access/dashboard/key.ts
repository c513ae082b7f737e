import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import { cookiesNamed } from "./cookies.ts";

/** The parameter of the URL that holds the key. */
const PARAMETER = "fleet-key";
const BYTES = 32;

/** What opens one dashboard: 256 random bits, in the URL at first, then in a cookie. */
export class Key {
  readonly #value = randomBytes(BYTES).toString("base64url");
  /** Cookies do not know ports: each dashboard has a name of its own. */
  readonly #cookie: string;

  constructor(port: number) {
    this.#cookie = `dask-fleet-${port}`;
  }

  get cookieName(): string {
    return this.#cookie;
  }

  /** Scripts never see it, and no other site's page makes the browser send it. */
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

  /** Others on the same host may add a cookie of that name, so one of several is enough. */
  isInCookies(header: string | undefined): boolean {
    return cookiesNamed(this.#cookie, header).some((value) => this.#equals(value));
  }

  /** In constant time. */
  #equals(given: string): boolean {
    return timingSafeEqual(digest(given), digest(this.#value));
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
