import { type Command as Commander, Help, Option } from "commander";

import { ownFile } from "../files/own-file.ts";
import type { OptionHelp } from "../options/option-help.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { commanderFor, programOf } from "./program.ts";
import { type LoadedProvider, PROVIDERS } from "./providers.ts";

/** Help fits in a hundred columns. */
const WIDEST = 100;
const MINIMUM = 60;

/** The help of all commands. */
export function programHelp(columns: number | undefined): string {
  const program = programOf(COMMANDS.values());
  program.description("Starts, secures, scales and removes Dask clusters.");
  return rendered(program, columns, [
    `Providers:\n${providerLines().join("\n")}`,
    ...paragraphs(columns, [
      "`dask-fleet COMMAND PROVIDER --help` lists a command's options with those of the provider's clusters. A cluster that was started on this computer needs its name only.",
      "Options are the constructor's: --n-workers 2 --no-public-ip --tags.team=a --allowed-cidrs 10.0.0.0/8. Repeat an option for a list, or separate its values by commas. The command line wins over the environment and Dask's configuration files. Keep secrets in a file: every user of this computer can read a command line.",
      `Exit codes: 0 done, 1 failed, 2 a mistake on the command line, 130 Ctrl-C. run, exec and shell pass the exit code of their command on; 127 it is not found, 126 it cannot be started. start exits with ${Object.entries(
        EXIT_CODES,
      )
        .map(([reason, code]) => `${code} ${reason}`)
        .join(", ")} when its cluster ends by itself.`,
    ]),
    `Every option, with comments:\n  ${ownFile("templates/cloudprovider.yaml")}`,
  ]);
}

/** The help of a command, with the options of a provider's clusters if one is named. */
export async function commandHelp(
  command: Command,
  provider: LoadedProvider | undefined,
  columns: number | undefined,
): Promise<string> {
  const commander = commanderFor(command).name(`dask-fleet ${command.name}`).usage(usageOf(command, provider));
  const { summary, details = [], examples = [] } = command;
  commander.description([`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, ...details].join("\n\n"));
  if (provider !== undefined) await addClusterOptions(commander, provider);
  return rendered(commander, columns, [
    ...(provider === undefined ? [] : await groupParagraphs(provider, columns)),
    ...(examples.length === 0
      ? []
      : [`Examples:\n${examples.map(([line, what]) => `  # ${what}\n  ${line}`).join("\n")}`]),
    ...(provider !== undefined || command.cluster === "none"
      ? []
      : [
          `Providers (dask-fleet ${command.name} PROVIDER --help lists the options of its clusters):\n${providerLines().join("\n")}`,
        ]),
  ]);
}

/** `[PROVIDER] NAME <workers> [options] -- command …` */
function usageOf({ cluster, operands = [], takesCommand = false }: Command, provider?: LoadedProvider): string {
  const chosen = provider?.facts.command ?? (cluster === "new" ? "PROVIDER" : "[PROVIDER]");
  const hasName = cluster === "known" || cluster === "tagged";
  const words = operands.map(({ name, optional = false, many = false }) => {
    const word = `${name.toUpperCase()}${many ? "…" : ""}`;
    return optional ? `[${word}]` : word;
  });
  const parts = [cluster === "none" ? [] : [chosen], hasName ? ["NAME"] : [], words, "[options]"].flat();
  return `${parts.join(" ")}${takesCommand ? " -- command …" : ""}`;
}

async function addClusterOptions(commander: Commander, { manifest, facts }: LoadedProvider): Promise<void> {
  const { optionHelp } = await import("../options/option-help.ts");
  for (const { option, value, repeatable, brief, otherwise, environment, group } of optionHelp(manifest)) {
    const notes = [`default: ${otherwise}`, ...(repeatable ? ["repeatable"] : []), environment];
    const heading = group === "of this provider" ? `Options of clusters on ${facts.title}:` : `Options ${group}:`;
    commander.addOption(new Option(`${option} ${value}`, `${brief} (${notes.join("; ")})`).helpGroup(heading));
  }
}

/** How options of worker groups are written: their size in full, the others, which the cluster has too, by name. */
async function groupParagraphs({ manifest }: LoadedProvider, columns: number | undefined): Promise<readonly string[]> {
  const { entryHelp } = await import("../options/option-help.ts");
  const known = entryHelp(manifest, "GROUP");
  const isOwn = ({ otherwise }: OptionHelp): boolean => !otherwise.startsWith("the cluster's");
  const own = known.filter((help) => isOwn(help) && !help.otherwise.startsWith("from "));
  const shared = known.filter((help) => !isOwn(help)).map(({ option }) => option.replace(/^.*\./u, ""));
  const width = Math.max(...own.map(({ option, value }) => `${option} ${value}`.length));
  const help = helpOf(columns);
  const lines = own.map(({ option, value, brief, otherwise }) =>
    help.formatItem(`${option} ${value}`, width, `${brief} (default: ${otherwise})`, help),
  );
  return [
    `Options of a group of workers, such as --workers.gpu.maximum 8:\n${lines.join("\n")}`,
    ...paragraphs(columns, [
      `Of the cluster's options a group may have its own ${shared.join(", ")}: --workers.GROUP.${shared[0] ?? ""}. What it does not say is the cluster's.`,
    ]),
  ];
}

function providerLines(): readonly string[] {
  const widest = Math.max(...[...PROVIDERS.keys()].map(({ length }) => length));
  return [...PROVIDERS.values()].map(({ command, title }) => `  ${command.padEnd(widest)}  ${title}`);
}

function rendered(commander: Commander, columns: number | undefined, after: readonly string[]): string {
  const width = widthFor(columns);
  commander.configureOutput({ getOutHelpWidth: () => width, getErrHelpWidth: () => width });
  commander.configureHelp({ minWidthToWrap: 40, subcommandTerm: (command) => command.name() });
  return [commander.helpInformation().trimEnd(), ...after].join("\n\n");
}

function widthFor(columns: number | undefined): number {
  return Math.max(MINIMUM, Math.min(WIDEST, columns ?? WIDEST));
}

function helpOf(columns: number | undefined): Help {
  return Object.assign(new Help(), { helpWidth: widthFor(columns), minWidthToWrap: 40 });
}

/** Wrapped at the width of the help. */
function paragraphs(columns: number | undefined, texts: readonly string[]): readonly string[] {
  const help = helpOf(columns);
  return texts.map((text) => help.boxWrap(text, widthFor(columns)));
}
