import { printableName } from "../text/printable.ts";
import type { Command } from "./command.ts";
import { type LoadedProvider, providerNamed, providerOf, providerRecorded } from "./providers.ts";
import { usage } from "./usage.ts";

/** Whose cluster a command line is about. */
export interface Whose {
  readonly provider: LoadedProvider | undefined;
  /** Empty where the command takes no name. */
  readonly name: string;
  /** How many of the words after the command have named both. */
  readonly taken: number;
}

/** @returns undefined without a record on this computer */
export type Recorded = (name: string) => Promise<string | undefined>;

/**
 * Finds provider and name among the words after a command. `gcp` is a provider, unless it stands where only a cluster's name is left:
 * `scale gcp 4`.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where one is missing
 */
export async function whose(command: Command, words: readonly string[], recorded: Recorded): Promise<Whose> {
  const [first = "", second] = words;
  const needed = (command.operands ?? []).filter(({ optional = false }) => !optional).length;
  const { cluster } = command;
  if (cluster === "none" || (cluster === "places" && first === "")) return { provider: undefined, name: "", taken: 0 };
  if (cluster === "described" && providerOf(first) === undefined) return { provider: undefined, name: "", taken: 0 };
  if (cluster === "new" || cluster === "described" || cluster === "places")
    return { provider: await providerNamed(first), name: "", taken: 1 };
  if (providerOf(first) !== undefined && second !== undefined && words.length >= 2 + needed)
    return { provider: await providerNamed(first), name: second, taken: 2 };
  return { provider: await ofRecord(command, first, recorded), name: first, taken: 1 };
}

async function ofRecord({ name, cluster }: Command, word: string, recorded: Recorded): Promise<LoadedProvider> {
  if (word === "") throw usage("Name a cluster.", name);
  const provider = await recorded(word);
  const known = provider === undefined ? undefined : await providerRecorded(provider);
  if (known !== undefined) return known;
  const shown = printableName(word);
  if (provider !== undefined)
    throw usage(
      `The cluster "${shown}" belongs to ${printableName(provider)}, which this dask-fleet does not know.`,
      name,
    );
  const nothing =
    providerOf(word) === undefined ? `No cluster named "${shown}" is recorded on this computer.` : "Name a cluster.";
  throw usage(
    cluster === "tagged"
      ? `${nothing} For one that was started elsewhere, name its provider: ${name} PROVIDER NAME.`
      : nothing,
    name,
  );
}
