import { invalidField } from "./api-error.ts";
import { parseFilter } from "./filter.ts";
import type { ApiCall } from "./parse-request.ts";

const MOST_RESULTS = 500;

/** Something that a list may show. */
export interface Listed {
  /** Where it is: `zones/z`, `regions/r` or `global`. */
  readonly place: string;
  readonly name: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface PageOptions {
  /** The message of what is listed, such as `Instance`. */
  readonly typeName: string;
  /** The cloud's own limit. */
  readonly pageSize: number;
}

interface Page {
  readonly items: readonly Listed[];
  readonly next: { readonly nextPageToken?: string };
}

/** One page of what the filter lets through. */
function pageOf({ parameters }: ApiCall, all: readonly Listed[], { typeName, pageSize }: PageOptions): Page {
  const { filter, pageToken, orderBy = "name" } = parameters;
  const predicate = parseFilter(filter, typeName);
  const asked = Number(parameters["maxResults"] ?? 0);
  if (asked > MOST_RESULTS) {
    throw invalidField("maxResults", String(asked), `Value must be between 0 and ${MOST_RESULTS}, inclusive.`);
  }
  if (orderBy !== "name" && orderBy !== "creationTimestamp desc") {
    throw invalidField("orderBy", orderBy, "Only name and creationTimestamp desc are supported.");
  }
  const matching = all.filter(({ json }) => predicate(json)).sort(orderBy === "name" ? byName : newestFirst);
  const start = pageToken === undefined || pageToken === "" ? 0 : position(matching, pageToken, filter ?? "");
  const size = Math.min(asked === 0 ? MOST_RESULTS : asked, pageSize);
  const items = matching.slice(start, start + size);
  const last = items.at(-1);
  if (last === undefined || start + size >= matching.length) return { items, next: {} };
  const token = Buffer.from(JSON.stringify([filter ?? "", keyOf(last)])).toString("base64url");
  return { items, next: { nextPageToken: token } };
}

/** Where a page begins: behind what was last on the page before, which may be gone by now. */
function position(matching: readonly Listed[], token: string, filter: string): number {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    // Said below.
  }
  if (!Array.isArray(read) || read[0] !== filter) throw invalidField("pageToken", token, "Invalid page token.");
  const after = String(read[1]);
  const exact = matching.findIndex((each) => keyOf(each) === after);
  if (exact >= 0) return exact + 1;
  const next = matching.findIndex((each) => keyOf(each) > after);
  return next < 0 ? matching.length : next;
}

function keyOf({ place, name }: Listed): string {
  return `${place}/${name}`;
}

function byName(a: Listed, b: Listed): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function newestFirst(a: Listed, b: Listed): number {
  return String(b.json["creationTimestamp"]) < String(a.json["creationTimestamp"]) ? -1 : 1;
}

/** The answer of a `list`. */
export function listAnswer(call: ApiCall, all: readonly Listed[], options: PageOptions): Record<string, unknown> {
  const { items, next } = pageOf(call, all, options);
  return {
    kind: `compute#${options.typeName.charAt(0).toLowerCase()}${options.typeName.slice(1)}List`,
    ...(items.length === 0 ? {} : { items: items.map(({ json }) => json) }),
    ...next,
  };
}

/**
 * The answer of an `aggregatedList`: what there is, by place; a place without anything on the page says so.
 *
 * @param field the list's name in each place, such as `instances`
 */
export function aggregatedAnswer(
  call: ApiCall,
  all: readonly Listed[],
  places: readonly string[],
  field: string,
  options: PageOptions,
): Record<string, unknown> {
  const { items, next } = pageOf(call, all, options);
  const entries = places.map((place) => {
    const here = items.filter((item) => item.place === place).map(({ json }) => json);
    return [place, here.length > 0 ? { [field]: here } : { warning: nothingHere(place) }];
  });
  return {
    kind: `compute#${options.typeName.charAt(0).toLowerCase()}${options.typeName.slice(1)}AggregatedList`,
    items: Object.fromEntries(entries),
    ...next,
  };
}

function nothingHere(place: string): Record<string, unknown> {
  return {
    code: "NO_RESULTS_ON_PAGE",
    message: `There are no results for scope '${place}' on this page.`,
    data: [{ key: "scope", value: place }],
  };
}
