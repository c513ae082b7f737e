import type * as z from "zod";

import { DaskFleetError, messageOf } from "../errors.ts";
import { ownFile } from "../files/own-file.ts";
import { exposedSecrets, flagTree } from "../options/flag-tree.ts";
import { version } from "../own-package.inlined.ts";
import { PROVIDERS, providerNamed } from "./cluster-types.ts";
import { type CommandLine, allWords, parseCommandLine, usage } from "./command-line.ts";
import { COMMANDS, EXIT_CODES } from "./commands.ts";
import { complain, outliveOutput, say } from "./output.ts";

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { words, takesCommand = false, help }]) => {
    const form = [name, "<provider>", ...words, "[--option value …]", ...(takesCommand ? ["-- <command …>"] : [])];
    return `  dask-fleet ${form.join(" ")}\n      ${help}`;
  });
  const widest = Math.max(...[...PROVIDERS.keys()].map(({ length }) => length));
  return [
    "Starts, secures, scales and removes Dask clusters.",
    "",
    ...lines,
    "",
    "Providers:",
    ...[...PROVIDERS.values()].map(({ command, title }) => `  ${command.padEnd(widest)}  ${title}`),
    "",
    "Options are the constructor's: --n-workers 2 --no-public-ip --tags.team=a --allowed-cidrs 10.0.0.0/8. Repeat an",
    "option for a list, or write the list as in Python or JSON. The command line wins over the environment and Dask's",
    "configuration files. Keep secrets in a file: every user of this computer can read a command line.",
    `Every option, with comments: ${ownFile("templates/cloudprovider.yaml")}`,
    "",
    "run and exec exit with the command's exit code, even if the cluster ends first; 127: command not found, 126: it",
    "cannot be started. Ctrl-C goes to the command. start exits with 0 when you end it, and when its cluster ends by",
    `itself with: ${Object.entries(EXIT_CODES)
      .map(([reason, code]) => `${code} ${reason}`)
      .join(", ")}. Any other failure is 1.`,
  ].join("\n");
}

/** Runs a command line and returns the exit code. Never rejects. */
export async function daskFleet(args: readonly string[]): Promise<number> {
  outliveOutput();
  try {
    const early = parseCommandLine(args);
    if (early.options.has("version")) return tell(version);
    if (early.options.has("help") || allWords(args).length === 0) return tell(help());
    const [name = "", providerName] = namesIn(args, early.words);
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw usage(`Unknown command "${name}".`);
    const { type, manifest } = await providerNamed(providerName);
    const { section, schema } = manifest;
    const line = parseCommandLine(args, { own: command.flags, schema });
    checkFlags(line, schema);
    const [, , ...operands] = line.words;
    if (operands.length !== command.words.length || line.rest.length > 0 !== (command.takesCommand ?? false)) {
      throw usage(
        `Expected ${[name, "<provider>", ...command.words].join(" ")}${command.takesCommand ? " -- <command …>" : ""}.`,
      );
    }
    if (command.words.includes("<name>") && line.flags.some(({ path }) => path[0] === "name")) {
      throw usage(
        `${name} takes the cluster's name as a word, not as --name: ${name} ${manifest.command} ${operands[0]}.`,
      );
    }
    for (const exposed of exposedSecrets(line.flags, schema, section)) complain(`warning: ${exposed}`);
    return await command.run(type, line);
  } catch (error) {
    complain(messageOf(error));
    return 1;
  }
}

/** The command and the provider. Before the schema is known, an option may seem to have taken one of them. */
function namesIn(args: readonly string[], words: readonly string[]): readonly (string | undefined)[] {
  const [command = "", provider = ""] = words;
  if (Object.hasOwn(COMMANDS, command) && PROVIDERS.has(provider)) return [command, provider];
  const all = allWords(args);
  const at = all.findIndex((word, index) => Object.hasOwn(COMMANDS, word) && PROVIDERS.has(all[index + 1] ?? ""));
  return at === -1 ? words : all.slice(at);
}

/** @throws DaskFleetError `CONFIG_INVALID` for options that no cluster of that provider has, or not in this form */
function checkFlags({ flags }: CommandLine, schema: z.ZodObject): void {
  const problems: string[] = [];
  flagTree(flags, schema, problems);
  if (problems.length > 0) throw new DaskFleetError("CONFIG_INVALID", problems);
}

function tell(text: string): number {
  say(text);
  return 0;
}
