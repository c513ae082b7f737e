const COMPARISON = /^(?<field>[\w.-]+)\s+(?<operator>eq|ne)\s+(?<literal>.+)$/su;
const BRACKETED = /\s*\(\s*(?<inner>[\w.-]+\s+(?:eq|ne)\s+(?:"[^"]*"|'[^']*'|[^()]*(?:\([^()]*\)[^()]*)*))\s*\)/suy;

/** One comparison of a field with a pattern that must match it whole. */
export interface RegexComparison {
  readonly field: string;
  readonly negated: boolean;
  readonly pattern: RegExp;
}

/**
 * The comparisons of a filter in the older of the cloud's languages: `name eq dask-.*`, or several in brackets, of which all must
 * hold. Undefined where it is none of them.
 *
 * @throws SyntaxError for an invalid pattern.
 */
export function parseRegexFilter(text: string): readonly RegexComparison[] | undefined {
  const trimmed = text.trim();
  const single = comparison(trimmed);
  if (single !== undefined) return [single];
  const found: RegexComparison[] = [];
  BRACKETED.lastIndex = 0;
  while (BRACKETED.lastIndex < trimmed.length) {
    const one = comparison(BRACKETED.exec(trimmed)?.groups?.["inner"] ?? "");
    if (one === undefined) return undefined;
    found.push(one);
  }
  return found;
}

function comparison(text: string): RegexComparison | undefined {
  const { field, operator, literal } = COMPARISON.exec(text.trim())?.groups ?? {};
  if (field === undefined || operator === undefined || literal === undefined) return undefined;
  const quoted = /^(?<quote>["']).*\k<quote>$/su.test(literal);
  return {
    field,
    negated: operator === "ne",
    pattern: new RegExp(`^(?:${quoted ? literal.slice(1, -1) : literal})$`, "u"),
  };
}
