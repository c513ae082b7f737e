import { carriedOn } from "../../options/flags.ts";

/** Options that the handle alone decides. */
const OF_THE_HANDLE = ["name", "security", "closeOnExit"] as const;

/**
 * The options of a handle on an existing cluster: given options, the command line included, override recorded ones. Name and
 * certificates always come from the record.
 */
export function withAsked<Options>(known: Readonly<Record<string, unknown>>, asked: Options | undefined): Options {
  const given = asked ?? {};
  const fixed = OF_THE_HANDLE.filter((name) => Object.hasOwn(known, name)).map((name) => [name, known[name]]);
  const options: Record<string, unknown> = {
    ...known,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries(fixed),
    ...carriedOn(given, { except: OF_THE_HANDLE }),
  };
  // Recorded values were options once, and the resolver checks all of them.
  return options as Options;
}
