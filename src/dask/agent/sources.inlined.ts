import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../../templates/agent/", import.meta.url);

/**
 * The agent's Python modules, by name, and the dashboard's gate, which some machines have no room for. The build puts their texts in
 * place of this module's code (scripts/lib/inline.mjs).
 */
export const agentSources: Readonly<Record<string, string>> = Object.fromEntries(
  [...readdirSync(FOLDER).filter((name) => name.endsWith(".py")), "../dask_fleet_gate.py"]
    .map((name) => [/(\w+)\.py$/u.exec(name)?.[1] ?? name, readFileSync(new URL(name, FOLDER), "utf8")] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1)),
);
