import { messageOf } from "../errors.ts";
import { ownFile } from "../own-file.ts";
import { version } from "../own-package.inlined.ts";
import { clusterType, PROVIDERS } from "./cluster-types.ts";
import { asVariables, parseCommandLine, usage } from "./command-line.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { complain, outliveOutput, say } from "./output.ts";

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { words, takesCommand = false, help }]) => {
    const form = [name, "<provider>", ...words, "[--option value …]", ...(takesCommand ? ["-- <command …>"] : [])];
    return `  dask-fleet ${form.join(" ")}\n      ${help}`;
  });
  return [
    "Starts, secures, scales and removes Dask clusters.",
    "",
    ...lines,
    "",
    `Providers: ${PROVIDERS.join(", ")}.`,
    "",
    "Options are the constructor's: --n-workers 2 --region us-east-1 --no-public-ip. The environment and Dask's",
    `configuration files can set them too. Every option, with comments: ${ownFile("templates/cloudprovider.yaml")}`,
    "",
    "run and exec exit with the command's exit code, also when the cluster ends before it; 127: there is no such command,",
    "126: it cannot be started. Ctrl-C is the command's. start exits with 0 when you end it, and when its cluster ends by",
    `itself with: ${Object.entries(EXIT_CODES)
      .map(([reason, code]) => `${code} ${reason}`)
      .join(", ")}. Any other failure is 1.`,
  ].join("\n");
}

/** Does what a command line says, and returns the exit code. Never rejects. */
export async function daskFleet(args: readonly string[]): Promise<number> {
  /** The names of the options by the variables that carry them to the constructor. */
  let carried: Readonly<Record<string, string>> = {};
  outliveOutput();
  try {
    const line = parseCommandLine(args);
    const [name, provider, ...operands] = line.words;
    if (line.options.has("version")) return tell(version);
    if (line.options.has("help") || name === undefined) return tell(help());
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw usage(`There is no command "${name}".`);
    const type = await clusterType(provider);
    if (operands.length !== command.words.length || line.rest.length > 0 !== (command.takesCommand ?? false)) {
      throw usage(
        `Expected ${[name, "<provider>", ...command.words].join(" ")}${command.takesCommand ? " -- <command …>" : ""}.`,
      );
    }
    const ofCluster = new Map([...line.options].filter(([option]) => !command.flags?.includes(option)));
    carried = asVariables(type.provider, new Map([...ofCluster.keys()].map((option) => [option, option])));
    Object.assign(process.env, asVariables(type.provider, ofCluster));
    return await command.run(type, line);
  } catch (error) {
    complain(asWritten(messageOf(error), carried));
    return 1;
  }
}

/** An error of the options names the variable that a value came from; its reader wrote an option on the command line. */
function asWritten(message: string, carried: Readonly<Record<string, string>>): string {
  return Object.entries(carried).reduce(
    (text, [variable, option]) => text.replaceAll(new RegExp(`\\b${variable}\\b`, "g"), `--${option}`),
    message,
  );
}

function tell(text: string): number {
  say(text);
  return 0;
}
