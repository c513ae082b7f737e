import { DaskFleetError } from "../errors.ts";
import type { OptionSource } from "./config-tree.ts";

/** Checked options, and where each came from. */
interface Resolved<Values> {
  readonly values: Values;
  readonly sources: Readonly<Record<keyof Values, OptionSource>>;
}

type Given<Value> = Exclude<Value, "" | undefined>;

const IMPORTANCE: Readonly<Record<OptionSource["kind"], number>> = {
  flag: 4,
  constructor: 3,
  environment: 2,
  file: 1,
  default: 0,
};

export function importanceOf({ kind }: OptionSource): number {
  return IMPORTANCE[kind];
}

/**
 * Of options that overlap, the one that counts: the one from the most important source, as between the sources of one option;
 * where two come from the same, the first. What is absent, or `""` as in dask-cloudprovider's own configuration, does not count.
 */
export function mostImportant<Values, Name extends keyof Values>(
  { values, sources }: Resolved<Values>,
  ...names: readonly Name[]
): Given<Values[Name]> | undefined {
  const given = names.filter((name) => isGiven(values[name]));
  const [first] = given.sort((a, b) => importanceOf(sources[b]) - importanceOf(sources[a]));
  return first === undefined ? undefined : (values[first] as Given<Values[Name]>);
}

/** Two options that do not agree. */
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
