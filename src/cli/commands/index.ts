import type { Command } from "../command.ts";
import { exec } from "./exec.ts";
import { list } from "./list.ts";
import { preview } from "./preview.ts";
import { remove } from "./remove.ts";
import { run } from "./run.ts";
import { scale } from "./scale.ts";
import { start } from "./start.ts";
import { sweep } from "./sweep.ts";

/** All commands by name, in the order of their help. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [run, start, exec, scale, list, remove, sweep, preview].map((command) => [command.name, command]),
);
