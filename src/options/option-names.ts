import { distance } from "fastest-levenshtein";

/** `nWorkers` as Dask's configuration writes it: `n_workers`. A unit is one word: `memoryInGBs` is `memory_in_gbs`. */
export function snakeCase(option: string): string {
  return option.replaceAll(/GBs$|[A-Z]/gu, (word) => `_${word.toLowerCase()}`);
}

/** `nWorkers` as the command line writes it: `n-workers`. */
export function kebabCase(option: string): string {
  return snakeCase(option).replaceAll("_", "-");
}

/** `memory_limit` or `memory-limit` as the constructor writes it: `memoryLimit`; `memory-in-gbs` is `memoryInGBs`. */
export function camelCase(key: string): string {
  return key.replaceAll(/[-_](gbs$|[a-z])/gu, (_, word: string) => (word === "gbs" ? "GBs" : word.toUpperCase()));
}

/** The option that a configuration key stands for; `n_workers` and `n-workers` are the same. */
export function optionFor(key: string, options: readonly string[]): string | undefined {
  const snake = key.replaceAll("-", "_");
  return options.find((option) => snakeCase(option) === snake);
}

/** An option in the manner of a name that was typed: `n-workrs`, `n_workrs`, `nWorkrs` or `N_WORKRS`; undefined for a single word. */
export function spelledLike(typed: string, option: string): string | undefined {
  if (typed.includes("-")) return kebabCase(option);
  if (/^[A-Z][A-Z0-9_]*$/u.test(typed)) return snakeCase(option).toUpperCase();
  if (typed.includes("_")) return snakeCase(option);
  return /[A-Z]/u.test(typed) ? option : undefined;
}

/** `maxLifetimeMs` as a text with a unit is named: `maxLifetime`. Other names stay. */
export function withoutUnit(option: string): string {
  return option.replace(/(?<=[a-z])Ms$/u, "");
}

/** An issue's path in an error: `envVars.HOME`, `allowedCidrs[1]`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

/** The environment variable that sets an option. */
export function variableFor(section: string, option: string): string {
  const path = ["cloudprovider", ...section.split("."), snakeCase(option)];
  return `DASK_${path.join("__").replaceAll("-", "_").toUpperCase()}`;
}

/**
 * The end of an error about an unknown name: the nearest known name, or the only one that begins so, else all of them.
 *
 * @param more names that are as good, but too many to list
 */
export function didYouMean(name: string, known: readonly string[], more: readonly string[] = []): string {
  const near = [...known, ...more]
    .map((candidate) => ({ candidate, edits: editsBetween(bare(name), bare(candidate)) }))
    .filter(({ candidate, edits }) => edits <= tolerance(name, candidate))
    .sort((a, b) => a.edits - b.edits)
    .at(0);
  const begun = known.filter((candidate) => name.length > 2 && bare(candidate).startsWith(bare(name)));
  const [nearest = begun.length === 1 ? begun[0] : undefined] = near === undefined ? [] : [near.candidate];
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return known.length === 0 ? "There are no options here." : `Known options: ${[...known].sort().join(", ")}.`;
}

/** Two letters in each other's place are one slip, as in `quite` for `quiet`. */
function editsBetween(name: string, candidate: string): number {
  const edits = distance(name, candidate);
  return edits === 2 && sortedLetters(name) === sortedLetters(candidate) ? 1 : edits;
}

function sortedLetters(name: string): string {
  return name.split("").sort().join("");
}

function tolerance(name: string, candidate: string): number {
  return Math.min(3, Math.max(1, Math.floor(Math.min(name.length, candidate.length) / 3)));
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
