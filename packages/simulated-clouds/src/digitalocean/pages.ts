import { NotUnderstood } from "../core/http-cloud.ts";

/** A page of a list: `per_page` is 20 where it is left out and 200 at the most, pages are counted from 1. */
export function pageOf<Item>(
  items: readonly Item[],
  url: URL,
  part: string,
  largest: number,
): Readonly<Record<string, unknown>> {
  const [size, page] = [numberIn(url, "per_page", 20, 200), numberIn(url, "page", 1, Number.MAX_SAFE_INTEGER)];
  const each = Math.min(size, largest);
  const last = Math.max(1, Math.ceil(items.length / each));
  const linkTo = (nth: number): string => {
    const link = new URL(url);
    link.searchParams.set("page", String(nth));
    return `https://api.digitalocean.com${link.pathname}${link.search}`;
  };
  const pages = {
    ...(page > 1 ? { first: linkTo(1), prev: linkTo(page - 1) } : {}),
    ...(page < last ? { next: linkTo(page + 1), last: linkTo(last) } : {}),
  };
  return {
    [part]: items.slice((page - 1) * each, page * each),
    links: Object.keys(pages).length === 0 ? {} : { pages },
    meta: { total: items.length },
  };
}

function numberIn(url: URL, name: string, absent: number, max: number): number {
  const value = Number(url.searchParams.get(name) ?? absent);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new NotUnderstood(`${name}=${url.searchParams.get(name) ?? ""}`);
}
