import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { peerDependencies } from "../../own-package.inlined.ts";
import type { Check } from "../../provider/checkup.ts";

/**
 * Whether the cloud's SDK can be loaded, and which one it is.
 *
 * @param packages it consists of
 * @param load loads them. Fails with `SDK_MISSING`
 */
export function sdkCheck(packages: readonly (keyof typeof peerDependencies)[], load: () => Promise<unknown>): Check {
  return {
    topic: "sdk",
    title: "SDK",
    run: async () => {
      await load();
      const names = packages.map((name) => `${name} ${versionOf(name) ?? `(${peerDependencies[name]})`}`);
      return { state: "good", found: names.join(", ") };
    },
  };
}

/** Undefined in a bundle, where no package stands by itself. */
function versionOf(name: string): string | undefined {
  try {
    const entry = fileURLToPath(import.meta.resolve(name));
    for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
      const file = join(folder, "package.json");
      if (!existsSync(file)) continue;
      const content = JSON.parse(readFileSync(file, "utf8")) as { readonly name?: unknown; readonly version?: unknown };
      if (content.name === name && typeof content.version === "string") return content.version;
    }
  } catch {
    // It was loaded, so that only its version is not known.
  }
  return undefined;
}
