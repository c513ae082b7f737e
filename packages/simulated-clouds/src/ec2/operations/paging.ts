import { randomBytes } from "node:crypto";

import { Ec2Error, invalidCombination, invalidValue } from "../errors.ts";
import type { Call } from "./call.ts";

interface PagedInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface PageLimits {
  /** The least that `MaxResults` may be. @default 5 */
  readonly least?: number | undefined;
  /** The most that `MaxResults` may be. @default 1000 */
  readonly most?: number | undefined;
  /** What the call names the things by that it wants, if it does: those come in one piece. */
  readonly named?: { readonly parameter: string; readonly ids: readonly string[] | undefined } | undefined;
}

const DEFAULT_PAGE_SIZE = 1000;

/**
 * A page of items, in the order in which they were made. What was there when the first page was asked for is seen exactly once,
 * whatever comes and goes in between.
 */
export function pageOf<T extends { readonly id: string }>(
  call: Call<PagedInput>,
  items: readonly T[],
  { least = 5, most = 1000, named }: PageLimits = {},
): { readonly items: readonly T[]; readonly NextToken?: string } {
  const { MaxResults: wanted, NextToken: token } = call.input;
  const isNamed = (named?.ids ?? []).length > 0;
  if (isNamed && wanted !== undefined) {
    throw invalidCombination(`The parameter ${named?.parameter} cannot be used with the parameter maxResults`);
  }
  if (wanted !== undefined && (wanted < least || wanted > most)) {
    const expected = wanted < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
    throw invalidValue(`Value ( ${wanted} ) for parameter maxResults is invalid. Expecting a value ${expected}.`);
  }
  if (isNamed) return { items };
  const { pages, setting } = call.account;
  const query = call.fingerprintWithout("MaxResults", "NextToken");
  const left = token === undefined ? items.map(({ id }) => id) : idsOf(pages.get(token), query);
  const size = Math.min(wanted ?? most, setting.options.pageSize ?? DEFAULT_PAGE_SIZE);
  const byId = new Map(items.map((item) => [item.id, item]));
  const page = left.slice(0, size).flatMap((id) => byId.get(id) ?? []);
  if (left.length <= size) return { items: page };
  const NextToken = randomBytes(48).toString("base64");
  pages.set(NextToken, { query, ids: left.slice(size) });
  return { items: page, NextToken };
}

function idsOf(known: { readonly query: string; readonly ids: readonly string[] } | undefined, query: string) {
  if (known === undefined || known.query !== query) {
    throw new Ec2Error("InvalidNextToken", "The specified NextToken is not valid for this request");
  }
  return known.ids;
}
