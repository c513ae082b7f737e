import { version } from "../own-package.inlined.ts";
import { callOf } from "./call.ts";
import { type CommandLine, allWords, parseCommandLine } from "./command-line.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { FAILED, MISUSED } from "./exit-codes.ts";
import { outliveOutput, outputOf, say } from "./output.ts";
import { choicesIn, namesOf, ownOptionsOf, unknownCommand } from "./program.ts";
import { providerNamed, providerOf } from "./providers.ts";
import { UsageError } from "./usage.ts";

/** Runs a command line and returns the exit code. Never rejects. */
export async function daskFleet(args: readonly string[]): Promise<number> {
  outliveOutput();
  let out = outputOf({ json: false, quiet: false, log: "text" });
  try {
    // Words that are being typed are no command line yet.
    if (args[0] === "completion" && args[1] === "--words") return await complete(args.slice(2));
    const { words, own } = looked(args);
    out = outputOf(choicesIn(own));
    const [first = "", ...others] = words;
    if (first === "" && has(own, "--version", "-V")) return tell(version);
    const wantsHelp = has(own, "--help", "-h") || first === "help";
    const [name = "", ...rest] = first === "help" ? others : words;
    if (name === "") return tell((await import("./help.ts")).programHelp(process.stdout.columns));
    const command = commandNamed(name);
    if (wantsHelp) {
      const [word = ""] = rest;
      const provider = providerOf(word) === undefined ? undefined : await providerNamed(word);
      return tell(await (await import("./help.ts")).commandHelp(command, provider, process.stdout.columns));
    }
    const { terminal } = await import("./terminal/for-commands.ts");
    out = outputOf(choicesIn(own), terminal);
    const call = await callOf(command, args, out);
    return await command.run(call);
  } catch (error) {
    out.fail(error);
    return error instanceof UsageError ? MISUSED : FAILED;
  }
}

function commandNamed(name: string): Command {
  const command = COMMANDS.get(name);
  if (command !== undefined) return command;
  throw unknownCommand(name, COMMANDS.values());
}

/** Before the provider is known, an option may seem to have taken the command or its provider. */
function looked(args: readonly string[]): CommandLine {
  const own = namesOf([...COMMANDS.values()].flatMap((command) => [...ownOptionsOf(command)]));
  const line = parseCommandLine(args, { own: new Map([...own, ["version", false], ["V", false]]) });
  const [first = ""] = line.words;
  if (COMMANDS.has(first) || first === "help") return line;
  const all = allWords(args);
  const at = all.findIndex((word) => COMMANDS.has(word));
  return at === -1 ? line : { ...line, words: all.slice(at) };
}

async function complete(words: readonly string[]): Promise<number> {
  const { candidatesFor } = await import("./completion/candidates.ts");
  return tell((await candidatesFor(words)).join("\n"));
}

function has(own: readonly string[], ...names: readonly string[]): boolean {
  return own.some((each) => names.includes(each));
}

function tell(text: string): number {
  say(text);
  return 0;
}
