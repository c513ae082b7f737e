import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../../templates/agent/", import.meta.url);

/** The agent's Python modules, by name. The build puts their texts in place of this module's code (scripts/lib/inline.mjs). */
export const agentSources: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".py"))
    .sort()
    .map((name) => [name.slice(0, -".py".length), readFileSync(new URL(name, FOLDER), "utf8")]),
);
