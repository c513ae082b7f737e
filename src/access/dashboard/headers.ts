import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

import type { CookieFilter } from "./cookies.ts";

/** On every answer: no page of another origin frames, opens, embeds or reads it, or learns that a link to it came from here. */
export const SECURITY_HEADERS = {
  "content-security-policy": "frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With `no-referrer` forms would not say their origin, not even to us.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
} as const satisfies OutgoingHttpHeaders;

/** They are about one connection, and there are two. */
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

/** What a WebSocket's handshake needs of the scheduler's answer. */
const HANDSHAKE = /^(?:connection|upgrade|sec-websocket-[a-z-]+)$/u;

/** Leaves of a browser's request what the scheduler may know. */
export function prepareRequest(
  { headers }: IncomingMessage,
  cookies: CookieFilter,
  { upgrade }: { readonly upgrade: boolean },
): void {
  const cookie = cookies.toScheduler(headers.cookie);
  const protocol = headers.upgrade;
  // The key's URL might be in the referrer.
  remove(headers, [...HOP_BY_HOP, ...nominated(headers), "cookie", "expect", "referer"]);
  if (cookie !== undefined) headers.cookie = cookie;
  if (upgrade) Object.assign(headers, { connection: "Upgrade", upgrade: protocol });
}

/** Leaves of the scheduler's answer what a browser may know, and adds {@link SECURITY_HEADERS}. */
export function prepareAnswer({ headers }: IncomingMessage, cookies: CookieFilter): void {
  const sharing = Object.keys(headers).filter((name) => name.startsWith("access-control-"));
  remove(headers, [...HOP_BY_HOP, ...nominated(headers), "transfer-encoding", ...sharing]);
  const set = cookies.toBrowser(headers["set-cookie"] ?? []);
  if (set.length === 0) delete headers["set-cookie"];
  else headers["set-cookie"] = set;
  Object.assign(headers, SECURITY_HEADERS);
}

/** The same of an answer that makes a WebSocket of the connection. */
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
