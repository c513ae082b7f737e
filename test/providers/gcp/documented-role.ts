import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { parse } from "yaml";

export const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/providers/gcp.md", import.meta.url)), "utf8");

/** The permissions of the role on the page. */
export function documentedPermissions(): readonly string[] {
  const [, yaml = ""] = /^```yaml\n(.*?)^```$/msu.exec(PAGE) ?? [];
  return (parse(yaml) as { includedPermissions: string[] }).includedPermissions;
}
