import { exposedSecrets, flagTree, isOption, unknownOption } from "../options/flags/flag-tree.ts";
import { type Flag, carrying } from "../options/flags/flags.ts";
import { allWords, parseCommandLine } from "./command-line.ts";
import type { Call, Command } from "./command.ts";
import type { Output } from "./output.ts";
import { namesOf, ownOptionsOf, parsed } from "./program.ts";
import type { LoadedProvider } from "./providers.ts";
import { UsageError, usage } from "./usage.ts";
import { type Whose, whose } from "./whose.ts";

/**
 * Takes a command line apart and checks it, except what its options mean together.
 *
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export async function callOf(command: Command, args: readonly string[], out: Output): Promise<Call> {
  return callAbout(await found(command, args, namesOf(ownOptionsOf(command))), command, args, out);
}

/** The same, about a cluster that is known. */
export function callAbout(
  { provider, name, taken }: Whose,
  command: Command,
  args: readonly string[],
  out: Output,
): Call {
  const own = namesOf(ownOptionsOf(command));
  const line = parseCommandLine(args, { own, schema: provider?.manifest.schema });
  const unplaced = provider === undefined ? line.flags.map(({ written }) => written) : [];
  const { operands, own: values } = parsed(command, [...line.words.slice(1 + taken), ...line.own, ...unplaced]);
  if (provider !== undefined) checkFlags(command, line.flags, provider, name);
  checkRest(command, line.rest);
  for (const exposed of provider === undefined ? [] : exposedIn(line.flags, provider)) out.warn(exposed);
  return {
    command,
    provider,
    name,
    operands,
    rest: line.rest,
    own: values,
    flags: line.flags,
    out,
    clusterOptions: (defaults = {}) => carrying({ flags: line.flags, defaults }),
  };
}

/**
 * The provider decides which words are values of its options, and is itself among the words: first as if every option took a value,
 * then as if none did.
 */
async function found(command: Command, args: readonly string[], own: ReadonlyMap<string, boolean>): Promise<Whose> {
  const guesses = [parseCommandLine(args, { own }).words, allWords(args)];
  const recorded = async (name: string): Promise<string | undefined> =>
    await (await import("../index.ts")).providerOfRecord(name);
  const failures: unknown[] = [];
  for (const words of guesses) {
    const at = words.indexOf(command.name);
    try {
      return await whose(command, words.slice(at + 1), recorded);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      failures.push(error);
    }
  }
  throw failures[0];
}

/** @throws DaskFleetError `CONFIG_INVALID` for options that no cluster of that provider has, or not in this form */
function checkFlags(command: Command, flags: readonly Flag[], { manifest, facts }: LoadedProvider, name: string): void {
  const { schema } = manifest;
  const problems: string[] = [];
  const isKnown = ({ path }: Flag): boolean => isOption(path[0], schema);
  const own = [...namesOf(ownOptionsOf(command)).keys()].filter(({ length }) => length > 1);
  problems.push(...flags.filter((flag) => !isKnown(flag)).map((flag) => unknownOption(flag, schema, own)));
  flagTree(flags.filter(isKnown), schema, problems);
  if (problems.length > 0) throw new UsageError(problems);
  if (name !== "" && flags.some(({ path }) => path[0] === "name")) {
    throw usage(
      `${command.name} takes the cluster's name as a word, not as --name: ${command.name} ${facts.command} ${name}.`,
    );
  }
}

function checkRest({ name, takesCommand = false }: Command, rest: readonly string[]): void {
  if (takesCommand && rest.length === 0) throw usage("Put the command to run after --.", name);
  if (!takesCommand && rest.length > 0) throw usage(`${name} takes no words after --.`, name);
}

function exposedIn(flags: readonly Flag[], { manifest, facts }: LoadedProvider): readonly string[] {
  return exposedSecrets(flags, manifest.schema, facts.section);
}
