import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { SetupError } from "./project.mjs";

/** The licenses of bundled packages, by their folders. */
export function licensesOf(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license, author, repository } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const who = author?.name ?? author;
    const where = (repository?.url ?? repository ?? "").replace(/^git\+|\.git$/g, "");
    const text = licenseText(folder) ?? `${license} license${who === undefined ? "" : `, by ${who}`}: ${where}`;
    return `## ${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `# Packages bundled in dask-fleet\n\n${parts.join("\n")}`;
}

function licenseText(folder) {
  if (!existsSync(folder)) throw new SetupError(`build: ${dirname(folder)} is gone`);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? undefined : readFileSync(join(folder, file), "utf8");
}
