import { carriedOn } from "../../options/flags.ts";

/** Options of a handle on a cluster that is there, which nobody else decides. */
const OF_THE_HANDLE = ["name", "security", "closeOnExit"] as const;

/**
 * The options of a handle on a cluster that is there: what is asked for, the command line included, over what is known of it. Its
 * name and its certificates are known, or of no use.
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
  // What is known was an option once, and whoever takes them checks all of them.
  return options as Options;
}
