import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

import type { CookieFilter } from "./cookies.ts";

/** On every answer: no page of another origin may frame, open, embed or read it, or see it as a referrer. */
export const SECURITY_HEADERS = {
  "content-security-policy": "frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With `no-referrer` forms would send no origin, not even to us.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const satisfies OutgoingHttpHeaders;

/** Headers of one connection; a proxy has two. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
] as const;

/** The headers of the scheduler's answer that a WebSocket handshake needs. */
const HANDSHAKE = /^(?:connection|upgrade|sec-websocket-[a-z-]+)$/u;

/** The headers of a browser's request that the scheduler may see. */
export function prepareRequest(
  { headers }: IncomingMessage,
  cookies: CookieFilter,
  { upgrade }: { readonly upgrade: boolean },
): void {
  const cookie = cookies.toScheduler(headers.cookie);
  const protocol = headers.upgrade;
  // The referrer might be the URL with the key.
  remove(headers, [...HOP_BY_HOP, ...nominated(headers), "cookie", "expect", "referer"]);
  if (cookie !== undefined) headers.cookie = cookie;
  if (upgrade) Object.assign(headers, { connection: "Upgrade", upgrade: protocol });
}

/** The headers of the scheduler's answer that a browser may see, and {@link SECURITY_HEADERS}. */
export function prepareAnswer({ headers }: IncomingMessage, cookies: CookieFilter): void {
  const sharing = Object.keys(headers).filter((name) => name.startsWith("access-control-"));
  remove(headers, [...HOP_BY_HOP, ...nominated(headers), "transfer-encoding", ...sharing]);
  const set = cookies.toBrowser(headers["set-cookie"] ?? []);
  if (set.length === 0) delete headers["set-cookie"];
  else headers["set-cookie"] = set;
  Object.assign(headers, SECURITY_HEADERS);
}

/** The same for an answer that upgrades to a WebSocket. */
export function prepareHandshake({ headers }: IncomingMessage): void {
  remove(
    headers,
    Object.keys(headers).filter((name) => !HANDSHAKE.test(name)),
  );
}

function nominated({ connection }: IncomingHttpHeaders): readonly string[] {
  return (connection ?? "").split(",").map((name) => name.trim().toLowerCase());
}

function remove(headers: IncomingHttpHeaders, names: readonly string[]): void {
  for (const name of names) delete headers[name];
}
