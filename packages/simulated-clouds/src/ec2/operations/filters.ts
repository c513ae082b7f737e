import type { Filter } from "@aws-sdk/client-ec2";

import { Ec2Error, missing, Violation } from "../errors.ts";
import { matchesPattern } from "../wildcard.ts";

type Answer = string | number | boolean | Date | undefined | readonly string[];

/** An item's values for each supported filter. */
export type FilterTable<T> = Readonly<Record<string, (item: T) => Answer>>;

const MOST_VALUES = 200;

/**
 * The items that fit all filters; a filter is fitted by any of its values.
 *
 * @throws Ec2Error where there is no such filter (a violation): one that AWS has and this simulation lacks counts as well.
 */
export function filtered<T>(items: readonly T[], filters: readonly Filter[] = [], table: FilterTable<T>): T[] {
  const tests = filters.map((filter) => testOf(filter, table));
  return items.filter((item) => tests.every((test) => test(item)));
}

/** Filters by tag, for everything that has tags. */
export function filteredWithTags<T extends { readonly tags: ReadonlyMap<string, string> }>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  table: FilterTable<T>,
): T[] {
  const tags = (filters ?? []).flatMap(({ Name: name = "" }) => {
    return name.startsWith("tag:") ? [[name, (item: T) => item.tags.get(name.slice("tag:".length))] as const] : [];
  });
  return filtered(items, filters, {
    ...table,
    "tag-key": (item) => [...item.tags.keys()],
    ...Object.fromEntries(tags),
  });
}

function testOf<T>({ Name: name, Values: values }: Filter, table: FilterTable<T>): (item: T) => boolean {
  if (name === undefined) throw missing("Filter.Name");
  if (values === undefined || values.length === 0) throw missing(`values for the filter '${name}'`);
  if (values.length > MOST_VALUES) {
    throw new Ec2Error(
      "FilterLimitExceeded",
      `The maximum number of filter values specified on a single call is ${MOST_VALUES}.`,
    );
  }
  const answerOf = Object.hasOwn(table, name) ? table[name] : undefined;
  if (answerOf === undefined) throw new Violation("InvalidParameterValue", `The filter '${name}' is invalid`);
  const patterns = [...values];
  return (item) => textsOf(answerOf(item)).some((text) => patterns.some((pattern) => matchesPattern(pattern, text)));
}

function textsOf(answer: Answer): readonly string[] {
  if (answer === undefined) return [];
  if (answer instanceof Date) return [answer.toISOString()];
  return typeof answer === "object" ? answer : [String(answer)];
}
