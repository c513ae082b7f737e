import { homedir } from "node:os";

import { readConfigFiles } from "./config-files.ts";
import { leavesOf, overlay } from "./config-tree.ts";
import { readEnvironment } from "./environment.ts";
import { optionFor } from "./option-names.ts";
import { sectionOf } from "./resolve.ts";

/** Whether the environment or Dask's configuration files say anything of an option. What is wrong with them is told elsewhere. */
export function isConfigured(section: string, option: string): boolean {
  const { env } = process;
  const config = readConfigFiles({ env, home: env["HOME"] ?? homedir(), cwd: process.cwd() }, []);
  overlay(config, readEnvironment(env));
  return [...sectionOf(config, section, [])].some(
    ([key, node]) =>
      optionFor(key, [option]) !== undefined && leavesOf(node).some(({ readings }) => readings[0] !== null),
  );
}
