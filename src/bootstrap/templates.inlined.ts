import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../templates/", import.meta.url);

/**
 * The texts of `templates/` by name, except what no machine is told: the documented configuration, and the agent, which goes
 * over Dask's own port (src/dask/agent). The build evaluates this
 * module and puts its values in its place (scripts/lib/inline.mjs): what is published reads no file of its own.
 */
export const templates: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => /\.(?:py|service|sh)$/u.test(name))
    .sort()
    .map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")]),
);
