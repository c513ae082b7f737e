import { delimiter, join, resolve } from "node:path";

import { NotPlainWords, shellWords } from "../../../src/bootstrap/shell/shell-words.ts";
import { homeDirectory } from "../../../src/files/home.ts";
import { isExecutable } from "../machines/bash.ts";

/** A command: a program, by its path, and what it is given before everything else. */
export type Command = readonly [program: string, ...args: readonly string[]];

/**
 * What somebody means by a Python: a path, whatever characters it has, or a command such as `uv run python`, split as a shell
 * would. `~` is the user's home.
 *
 * @returns the words, or why they are none
 */
export async function pythonWords(text: string, env: NodeJS.ProcessEnv): Promise<Command | string> {
  const home = homeDirectory(env);
  const path = home === undefined ? text : text.replace(/^~(?=\/)/u, home);
  const asOne = await onPath(path, env);
  if (asOne !== undefined) return [asOne];
  let words: readonly string[];
  try {
    words = shellWords(text, { home });
  } catch (error) {
    if (!(error instanceof NotPlainWords)) throw error;
    return `not found, and as a command it cannot have ${error.message}`;
  }
  const [program, ...args] = words;
  if (program === undefined || args.length === 0) return "not found";
  const found = await onPath(program, env);
  return found === undefined ? `not found (there is no ${program})` : [found, ...args];
}

/** The file behind a command, without following links: a virtual environment is known by the path it is called by. */
async function onPath(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (command.includes("\0")) return undefined;
  const places = command.includes("/")
    ? [command]
    : (env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, command));
  for (const place of places) if (await isExecutable(place)) return resolve(place);
  return undefined;
}
