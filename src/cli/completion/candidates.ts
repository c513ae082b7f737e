import type { Command } from "../command.ts";
import { COMMANDS } from "../commands/index.ts";
import { ownOptionsOf } from "../program.ts";
import { PROVIDERS, type RegisteredProvider, providerOf, providerRecorded } from "../providers.ts";

/** What may follow the words of a command line, the last of which is being typed. */
export async function candidatesFor(words: readonly string[]): Promise<readonly string[]> {
  const typed = words.at(-1) ?? "";
  const [name = "", ...before] = words.slice(0, -1);
  const all = await possible(name, before, typed);
  return [...new Set(all)].filter((word) => word.startsWith(typed)).sort();
}

async function possible(name: string, before: readonly string[], typed: string): Promise<readonly string[]> {
  if (before.includes("--")) return [];
  if (name === "") return [...COMMANDS.keys(), "help"];
  if (name === "help") return before.length === 0 ? [...COMMANDS.keys()] : [...PROVIDERS.keys()];
  const command = COMMANDS.get(name);
  if (command === undefined) return [];
  const choices = choicesOf(command, before.at(-1) ?? "");
  if (choices !== undefined) return choices;
  const operands = before.filter((word) => !word.startsWith("-"));
  if (typed.startsWith("--workers.")) return await groupOptionsOf(command, before, typed);
  if (typed.startsWith("-")) return await optionsOf(command, operands);
  const named = await groupWords(command, before);
  return [...(await operandsOf(command, operands)), ...named];
}

/** The values of the option before; undefined if it takes any, or none. */
function choicesOf(command: Command, option: string): readonly string[] | undefined {
  const found = ownOptionsOf(command).find(({ flags }) => flags.split(/[ ,]+/).includes(option));
  return found === undefined || !found.flags.includes("<") ? undefined : (found.choices ?? []);
}

async function optionsOf(command: Command, operands: readonly string[]): Promise<readonly string[]> {
  const own = ownOptionsOf(command).flatMap(({ flags }) =>
    flags.split(/[ ,]+/).filter((word) => word.startsWith("--")),
  );
  const provider = await providerIn(operands);
  if (provider === undefined || command.cluster === "none") return [...own, "--help"];
  const { optionHelp } = await import("../../options/option-help.ts");
  return [...own, "--help", ...optionHelp(await provider.manifest()).map(({ option }) => option)];
}

/** `--workers.gpu.maximum`, of a group that the words before name. */
async function groupOptionsOf(command: Command, before: readonly string[], typed: string): Promise<readonly string[]> {
  const provider = await providerIn(before.filter((word) => !word.startsWith("-")));
  if (provider === undefined || command.cluster === "none") return [];
  const [, group = "", ...more] = typed.split(".");
  if (more.length === 0) {
    const begun = before.flatMap((word) => /^--(?:no-)?workers\.([^.=]+)\./u.exec(word)?.[1] ?? []);
    return begun.map((name) => `--workers.${name}.`);
  }
  const { entryHelp } = await import("../../options/option-help.ts");
  return entryHelp(await provider.manifest(), group).map(({ option }) => option);
}

/** `gpu=` after `scale NAME`, `gpu` after `adapt NAME --off`: the groups of the recorded cluster. */
async function groupWords({ operands = [] }: Command, before: readonly string[]): Promise<readonly string[]> {
  const groups = operands.find(({ groups: words }) => words !== undefined)?.groups;
  const words = before.filter((word) => !word.startsWith("-"));
  const name = words[providerOf(words[0] ?? "") === undefined ? 0 : 1];
  if (groups === undefined || name === undefined) return [];
  const { recordedCluster } = await import("../../cluster/record.ts");
  const record = await recordedCluster(name).catch(() => undefined);
  const suffix = before.includes("--off") ? "" : groups;
  const known = (record?.groups ?? []).map((group) => group.name);
  return known.filter((each) => !words.some((word) => word.startsWith(`${each}=`))).map((each) => `${each}${suffix}`);
}

async function operandsOf(command: Command, operands: readonly string[]): Promise<readonly string[]> {
  const { cluster } = command;
  if (cluster === "none")
    return operands.length === 0 ? (command.operands ?? []).flatMap(({ choices = [] }) => choices) : [];
  const hasName = cluster === "known" || cluster === "tagged";
  const [first = ""] = operands;
  if (operands.length === 0) return [...PROVIDERS.keys(), ...(hasName ? await names() : [])];
  if (hasName && operands.length === 1 && providerOf(first) !== undefined) return await names(providerOf(first));
  return (command.operands ?? []).flatMap(({ choices = [] }) => choices);
}

/** Clusters with a record on this computer. */
async function names(of?: RegisteredProvider): Promise<readonly string[]> {
  const { providerOfRecord, recordedNames } = await import("../../index.ts");
  const all = await recordedNames().catch(() => []);
  if (of === undefined) return all;
  const providers = await Promise.all(all.map(async (name) => await providerOfRecord(name).catch(() => undefined)));
  return all.filter((_, nth) => providers[nth] === of.command);
}

async function providerIn([first = ""]: readonly string[]): Promise<RegisteredProvider | undefined> {
  const named = providerOf(first);
  if (named !== undefined || first === "") return named;
  const { providerOfRecord } = await import("../../index.ts");
  const recorded = await providerOfRecord(first).catch(() => undefined);
  return recorded === undefined ? undefined : (await providerRecorded(recorded))?.facts;
}
