import type { WireReply } from "../core/http-cloud.ts";
import { invalid } from "./api-error.ts";

const LARGEST_LIMIT = 1000;

/** Something that a list shows. */
export interface Listed {
  /** What no other item of the list has. */
  readonly key: string;
  json(): Readonly<Record<string, unknown>>;
}

/**
 * A page of a list: an array, and the header `opc-next-page` where more follow.
 *
 * @param most the cloud's own limit of a page
 */
export function pageOf(items: readonly Listed[], { searchParams }: URL, most: number): WireReply {
  const limit = Number(searchParams.get("limit") ?? most);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_LIMIT) {
    throw invalid(`limit must be between 1 and ${LARGEST_LIMIT}`);
  }
  const token = searchParams.get("page");
  const start = token === null ? 0 : positionAfter(items, token);
  const size = Math.min(limit, most);
  const page = items.slice(start, start + size);
  const last = page.at(-1);
  const more = last !== undefined && start + size < items.length;
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      ...(more ? { "opc-next-page": Buffer.from(JSON.stringify([start, last.key])).toString("base64url") } : {}),
    },
    body: JSON.stringify(page.map((item) => item.json())),
  };
}

/** Where a page begins: behind what was last on the page before, which may be gone by now. */
function positionAfter(items: readonly Listed[], token: string): number {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    // Said below.
  }
  if (!Array.isArray(read)) throw invalid("Invalid page token");
  const [start, key] = read as [number, string];
  const found = items.findIndex((item) => item.key === key);
  return found < 0 ? start : found + 1;
}
