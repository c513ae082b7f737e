import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const OLD_MS = 3_600_000;

/** Removes what processes have left that ended while they made or removed a cluster's directory: there may be keys in it. */
export async function removeDebris(root: string): Promise<void> {
  const names = (await readdir(root).catch(() => [])).filter((name) => /^\.(?:new|gone)-[0-9a-f]{16}$/u.test(name));
  await Promise.all(
    names.map(async (name) => {
      const path = join(root, name);
      const stat = await lstat(path).catch(() => undefined);
      const isOld = name.startsWith(".gone-") || Date.now() - (stat?.mtimeMs ?? Date.now()) > OLD_MS;
      if (isOld) await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }),
  );
}
