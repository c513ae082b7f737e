import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../templates/", import.meta.url);

/**
 * The texts of `templates/` by name, except the documented configuration, which no machine needs. The build evaluates this
 * module and puts its values in its place (scripts/lib/inline.mjs): what is published reads no file of its own.
 */
export const templates: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => !name.endsWith(".yaml"))
    .sort()
    .map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")]),
);
