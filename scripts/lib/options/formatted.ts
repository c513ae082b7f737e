import { readFileSync } from "node:fs";
import { join } from "node:path";

import { format } from "oxfmt";

/** Files as the project's formatter leaves them, by path. */
export async function formatted(
  root: string,
  files: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { ignorePatterns: _ignored, ...options } = JSON.parse(readFileSync(join(root, ".oxfmtrc.json"), "utf8"));
  delete options.$schema;
  const pairs = Object.entries(files).map(async ([path, text]) => {
    const { code, errors } = await format(path, text, options);
    if (errors.length > 0) throw new Error(`${path}: ${errors.map(({ message }) => message).join("; ")}`);
    return [path, code] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}
