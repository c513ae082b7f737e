import { DaskFleetError } from "../errors.ts";
import type { OptionSource } from "./config-tree.ts";

/** Checked options and their sources. */
interface Resolved<Values> {
  readonly values: Values;
  readonly sources: Readonly<Record<keyof Values, OptionSource>>;
}

type Given<Value> = Exclude<Value, "" | undefined>;

const IMPORTANCE: Readonly<Record<OptionSource["kind"], number>> = {
  flag: 6,
  document: 5,
  keyword: 4,
  constructor: 3,
  environment: 2,
  file: 1,
  default: 0,
};

export function importanceOf({ kind }: OptionSource): number {
  return IMPORTANCE[kind];
}

/**
 * Of options that overlap, the one from the most important source; of one source, the first. Absent values do not count, nor `""`,
 * which dask-cloudprovider's own configuration has.
 */
export function mostImportant<Values, Name extends keyof Values>(
  { values, sources }: Resolved<Values>,
  ...names: readonly Name[]
): Given<Values[Name]> | undefined {
  const given = names.filter((name) => isGiven(values[name]));
  const [first] = given.sort((a, b) => importanceOf(sources[b]) - importanceOf(sources[a]));
  return first === undefined ? undefined : (values[first] as Given<Values[Name]>);
}

/** An error for two options that contradict each other. A secret shows neither value. */
export function contradiction(
  name: string,
  value: unknown,
  other: string,
  otherValue: unknown,
  { secret = false }: { readonly secret?: boolean } = {},
): DaskFleetError {
  const [shown, otherShown] = [value, otherValue].map((each) => (secret ? "[redacted]" : JSON.stringify(each)));
  return new DaskFleetError(
    "CONFIG_INVALID",
    `The options \`${name}: ${shown}\` and \`${other}: ${otherShown}\` contradict each other: give one of them.`,
  );
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== "";
}
