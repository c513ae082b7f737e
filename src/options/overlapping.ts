import { DaskFleetError } from "../errors.ts";
import type { OptionSource } from "./option-source.ts";

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

/**
 * Of options that overlap, the one that counts: the one from the most important source, as between the sources of one option;
 * where two come from the same, the first. What is absent, or `""` as in dask-cloudprovider's own configuration, does not count.
 */
export function mostImportant<Values, Name extends keyof Values>(
  { values, sources }: Resolved<Values>,
  ...names: readonly Name[]
): Given<Values[Name]> | undefined {
  const given = names.filter((name) => isGiven(values[name]));
  const [first] = given.sort((a, b) => IMPORTANCE[sources[b].kind] - IMPORTANCE[sources[a].kind]);
  return first === undefined ? undefined : (values[first] as Given<Values[Name]>);
}

/**
 * The same for an option and its older spelling.
 *
 * @param meaning what a value of the older spelling means in the newer one
 * @throws DaskFleetError `CONFIG_INVALID` where the two come from the same source and do not agree
 */
export function oneThing<Values, Name extends keyof Values & string, Older extends keyof Values & string>(
  { values, sources }: Resolved<Values>,
  name: Name,
  older: Older,
  meaning: (value: Given<Values[Older]>) => Values[Name],
): Given<Values[Name]> | undefined {
  const value = values[name];
  const olderValue = isGiven(values[older]) ? meaning(values[older] as Given<Values[Older]>) : undefined;
  const sameSource = IMPORTANCE[sources[name].kind] === IMPORTANCE[sources[older].kind];
  if (sameSource && isGiven(value) && isGiven(olderValue) && value !== olderValue) {
    throw contradiction(name, value, older, values[older]);
  }
  const both = {
    values: { newer: value, older: olderValue },
    sources: { newer: sources[name], older: sources[older] },
  };
  return mostImportant(both, "newer", "older");
}

/** Two options that do not agree. */
export function contradiction(name: string, value: unknown, other: string, otherValue: unknown): DaskFleetError {
  const [shown, otherShown] = [value, otherValue].map((each) => JSON.stringify(each));
  return new DaskFleetError(
    "CONFIG_INVALID",
    `The options \`${name}: ${shown}\` and \`${other}: ${otherShown}\` contradict each other: give one of them.`,
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== "";
}
