import type { IncomingMessage } from "node:http";

import type { Sentence } from "./answer.ts";
import { Key } from "./key.ts";

/** Sends a visitor whose URL holds the key to the clean URL. */
export interface Entry {
  readonly kind: "enter";
  /** Path and query. */
  readonly location: string;
  /** Whether a link on another site's page led here. */
  readonly fromElsewhere: boolean;
}

type Pass = { readonly kind: "pass" };
type Refusal = { readonly kind: "refuse"; readonly sentence: Sentence };

const THE_WAY_IN = "Open the URL that cluster.dashboard() returned.";
const ADDRESS = refusal(403, `The dashboard has another address. ${THE_WAY_IN}`);
const OTHER_SITE = refusal(403, `The dashboard answers no page of another site. ${THE_WAY_IN}`);
const NO_KEY = refusal(403, `The dashboard opens only with its key. ${THE_WAY_IN}`);
const WRONG_KEY = refusal(
  403,
  "This key does not open this dashboard. Open the URL that the latest cluster.dashboard() returned.",
);
const MALFORMED = refusal(400, "The dashboard does not understand this request.");

/** Headers that must not be repeated. */
const SINGLE = ["host", "origin", "sec-fetch-site", "content-length", "transfer-encoding"] as const;

/**
 * Decides who sees a dashboard. The host name keeps out pages whose name was bound to loopback (DNS rebinding). The origin and the
 * browser's fetch metadata keep out pages of other sites. The key keeps out everybody else on this computer.
 */
export class Admission {
  readonly #hosts: ReadonlySet<string>;
  readonly #key: Key;

  constructor(port: number, key: Key) {
    const names = ["127.0.0.1", "localhost"];
    // Browsers leave out the default port of `http:`.
    this.#hosts = new Set([...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])]);
    this.#key = key;
  }

  judge(request: IncomingMessage): Pass | Entry | Refusal {
    const url = this.#addressed(request);
    if ("kind" in url) return url;
    if (!Key.isIn(url)) return this.#holdsKey(request);
    if (request.method !== "GET" && request.method !== "HEAD") return NO_KEY;
    const fromElsewhere = !isOwnSite(request);
    if (fromElsewhere && !isNavigation(request)) return OTHER_SITE;
    return this.#key.opens(url) ? { kind: "enter", location: Key.without(url), fromElsewhere } : WRONG_KEY;
  }

  /** A WebSocket is admitted by the cookie alone, and must state its origin. */
  judgeUpgrade(request: IncomingMessage): Pass | Refusal {
    const url = this.#addressed(request);
    if ("kind" in url) return url;
    if (request.method !== "GET" || request.headers.upgrade?.toLowerCase() !== "websocket") return MALFORMED;
    if (request.headers.origin === undefined) return OTHER_SITE;
    return Key.isIn(url) ? NO_KEY : this.#holdsKey(request);
  }

  /** The request's URL, if it is meant for us and comes from no page of another origin. */
  #addressed(request: IncomingMessage): URL | Refusal {
    const host = request.headers.host?.toLowerCase() ?? "";
    if (!isWellFormed(request)) return MALFORMED;
    if (!this.#hosts.has(host)) return ADDRESS;
    const origin = `http://${host}`;
    if ((request.headers.origin?.toLowerCase() ?? origin) !== origin) return OTHER_SITE;
    return new URL(request.url ?? "/", origin);
  }

  #holdsKey(request: IncomingMessage): Pass | Refusal {
    if (!isOwnSite(request)) return OTHER_SITE;
    return this.#key.isInCookies(request.headers.cookie) ? { kind: "pass" } : NO_KEY;
  }
}

function refusal(status: 400 | 403, text: string): Refusal {
  return { kind: "refuse", sentence: { status, text } };
}

/** Refuses what two servers could parse differently. */
function isWellFormed({ headers, rawHeaders, url = "" }: IncomingMessage): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const coding = headers["transfer-encoding"];
  return (
    SINGLE.every((name) => names.filter((each) => each === name).length <= 1) &&
    (coding === undefined || (coding.toLowerCase() === "chunked" && headers["content-length"] === undefined)) &&
    // One leading slash only: in a redirect a browser would read `//name` as another host.
    /^\/(?![/\\])/u.test(url) &&
    URL.canParse(url, "http://127.0.0.1")
  );
}

/** `none` is the user. Browsers before 2023 and other programs send nothing. */
function isOwnSite({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}

/** A link that the user followed, not a part of another page. */
function isNavigation({ headers }: IncomingMessage): boolean {
  return headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
}
