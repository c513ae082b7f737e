#!/usr/bin/env node
import { messageOf } from "../support/message-of.ts";
import { HELP, parseCommandLine, UsageError } from "./command-line.ts";
import { run } from "./run.ts";

try {
  const command = parseCommandLine(process.argv.slice(2));
  if (command === undefined) process.stdout.write(HELP);
  else await run(command);
} catch (error) {
  process.stderr.write(`simulated-cloud: ${messageOf(error)}\n`);
  if (error instanceof UsageError) process.stderr.write('See "simulated-cloud --help".\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
