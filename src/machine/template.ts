import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { resolve } = createRequire(import.meta.url);
const known = new Map<string, string>();

/**
 * The text of a file of `templates/`, found through the package's own `imports` map: from src/ and from dist/ alike. Read once
 * for all machines of this process.
 */
export function template(name: string): string {
  const text = known.get(name) ?? readFileSync(resolve(`#templates/${name}`), "utf8");
  known.set(name, text);
  return text;
}
