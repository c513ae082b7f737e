import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { launcherLives, listRecords } from "../../src/cluster/record.ts";
import { removeStateDirectory, stateDirectory } from "../../src/state/state-directory.ts";
import { LocalMachine } from "./local-machine.ts";

/**
 * Removes what local clusters have left whose process is gone: their machines, if any still run, and their files. What cannot
 * be removed is no reason against another cluster: the next start tries again.
 */
export async function sweepAbandoned(provider: string): Promise<void> {
  const records = await listRecords(provider);
  const here = records.filter(({ launcher }) => launcher.host === hostname());
  await Promise.allSettled(
    here.map(async ({ name, launcher }) => {
      if (await launcherLives(launcher)) return;
      const machines = join(stateDirectory(name), "machines");
      const ids = await readdir(machines).catch(() => []);
      await Promise.all(ids.map((id) => new LocalMachine(machines, id).destroy()));
      await removeStateDirectory(name);
    }),
  );
}
