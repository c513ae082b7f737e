import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { resolve } = createRequire(import.meta.url);

/** The text of a file of `templates/`, found through the package's own `imports` map: from src/ and from dist/ alike. */
export function template(name: string): string {
  return readFileSync(resolve(`#templates/${name}`), "utf8");
}
