import { Command as Commander, CommanderError, Option } from "commander";

import { COMMAND_GROUPS, type Command, type OwnOption, type OwnValues } from "./command.ts";
import type { OutputChoices } from "./output.ts";
import { type UsageError, usage } from "./usage.ts";

/** Options of every command. */
export const GLOBAL_OPTIONS: readonly OwnOption[] = [
  { flags: "-q, --quiet", help: "results, warnings and errors only" },
  { flags: "--log <form>", help: "the form of messages on standard error", choices: ["text", "json"] },
];
const JSON_OPTION: OwnOption = { flags: "--json", help: "print the result as one JSON document" };

export function ownOptionsOf({ options = [], ownsOutput = false }: Command): readonly OwnOption[] {
  return [...options, ...(ownsOutput ? [] : [JSON_OPTION]), ...GLOBAL_OPTIONS];
}

/** The names of own options without dashes, and whether each takes a value. */
export function namesOf(options: readonly OwnOption[]): ReadonlyMap<string, boolean> {
  const names = new Map<string, boolean>([
    ["help", false],
    ["h", false],
  ]);
  for (const option of options.map((own) => new Option(own.flags))) {
    for (const name of [option.long, option.short]) {
      if (name !== undefined) names.set(name.replace(/^-+/, ""), option.required || option.optional);
    }
  }
  return names;
}

/** Where the words of a command go, from its own options as written. They are checked later. */
export function choicesIn(own: readonly string[]): OutputChoices {
  return {
    json: own.includes("--json"),
    quiet: own.includes("--quiet") || own.includes("-q"),
    log: own.includes("--log=json") ? "json" : "text",
  };
}

/** A command's operands and own options. */
export interface Parsed {
  readonly operands: readonly string[];
  readonly own: OwnValues;
}

/**
 * Reads the operands and own options of a command.
 *
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function parsed(command: Command, args: readonly string[]): Parsed {
  const commander = commanderFor(command);
  const refusal = refusalOf(commander, args);
  if (refusal !== undefined) throw usage(refusal, command.name);
  return { operands: commander.args, own: valuesIn(commander.opts()) };
}

/** The error about a command that does not exist. It names the nearest one. */
export function unknownCommand(name: string, commands: Iterable<Command>): UsageError {
  return usage(refusalOf(programOf(commands), [name]) ?? `Unknown command "${name}".`);
}

/** Why commander does not take the words, in sentences; undefined if it does. */
function refusalOf(commander: Commander, args: readonly string[]): string | undefined {
  commander.exitOverride().configureOutput({ outputError: () => undefined, writeErr: () => undefined });
  try {
    commander.parse([...args], { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const [problem = "", hint = ""] = error.message.replace(/^error: /, "").split("\n");
    const sentence = `${problem.charAt(0).toUpperCase()}${problem.slice(1).replace(/\.$/, "")}.`;
    return [sentence, hint.replaceAll(/^\(|\)$/g, "")].join(" ").trim().replaceAll("'", '"');
  }
}

function valuesIn(values: Readonly<Record<string, unknown>>): OwnValues {
  const texts = (name: string): readonly string[] =>
    [values[name]].flat().filter((value): value is string => typeof value === "string");
  return { flag: (name) => values[name] === true, text: (name) => texts(name).at(-1), list: texts };
}

/** The command as commander knows it: its help, operands and own options. */
export function commanderFor(command: Command): Commander {
  const { name, summary, operands = [] } = command;
  const made = new Commander(name).summary(summary).helpOption("-h, --help", "this help");
  for (const { name, help, optional = false, many = false } of operands) {
    const word = `${name}${many ? "..." : ""}`;
    made.argument(optional ? `[${word}]` : `<${word}>`, help);
  }
  for (const option of ownOptionsOf(command)) made.addOption(optionFor(option));
  return made.helpGroup(`${command.group}:`);
}

function optionFor({ flags, help, many = false, choices }: OwnOption): Option {
  const option = new Option(flags, help);
  if (choices !== undefined) option.choices([...choices]);
  if (many) option.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return option;
}

/** All commands, in the order of their groups. */
export function programOf(commands: Iterable<Command>): Commander {
  const program = new Commander("dask-fleet")
    .usage("COMMAND [PROVIDER] [NAME] [options] [-- command …]")
    .helpOption("-h, --help", "help of dask-fleet, or of a command")
    .helpCommand(false)
    .option("-V, --version", "the version");
  const byGroup = Map.groupBy(commands, ({ group }) => group);
  for (const group of COMMAND_GROUPS)
    for (const command of byGroup.get(group) ?? []) program.addCommand(commanderFor(command));
  return program;
}
