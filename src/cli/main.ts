#!/usr/bin/env node
import manifest from "#package.json" with { type: "json" };

import { messageOf } from "../errors.ts";
import { clusterType, PROVIDERS } from "./cluster-types.ts";
import { asVariables, parseCommandLine, usage } from "./command-line.ts";
import { COMMANDS } from "./commands.ts";

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
    `Providers: ${PROVIDERS.join(", ")}. Options are those of the constructor: --n-workers 2 --region us-east-1 --no-public-ip.`,
    "They can also come from the environment and from Dask's configuration files; see templates/cloudprovider.yaml.",
  ].join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args);
  const [name, provider, ...operands] = line.words;
  if (line.options.has("version")) {
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  if (line.options.has("help") || name === undefined) {
    process.stdout.write(`${help()}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw usage(`There is no command "${name}".`);
  const type = await clusterType(provider);
  if (operands.length !== command.words.length || line.rest.length > 0 !== (command.takesCommand ?? false)) {
    throw usage(
      `Expected ${[name, "<provider>", ...command.words].join(" ")}${command.takesCommand ? " -- <command …>" : ""}.`,
    );
  }
  Object.assign(process.env, asVariables(type.provider, line.options));
  return await command.run(type, line);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`dask-fleet: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
