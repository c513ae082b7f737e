import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { withLock } from "../lock.mjs";
import { say, secondsSince } from "../project.mjs";
import { runQuietly } from "../run.mjs";
import { fingerprint } from "../stamp.mjs";
import { IMAGES } from "./packages.mjs";

const RECIPE = ["test/machines/image", "scripts/lib/machines/packages.mjs"];

/** The machines' root file system, made where there is none of this recipe yet: `.cache/machines/<suite>-<fingerprint>`. */
export async function ensureImage(root, suite) {
  const folder = join(root, ".cache", "machines");
  const name = `${suite}-${fingerprint(root, RECIPE).slice(0, 16)}`;
  const image = join(folder, name);
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, "image.lock"), async () => {
    for (const old of readdirSync(folder)) {
      if (old.startsWith(`${suite}-`) && old !== name) rmSync(join(folder, old), { recursive: true, force: true });
    }
    if (existsSync(image)) return;
    say(`set-up: making the root file system of the machines, Debian ${suite} with cloud-init and Dask …`);
    const start = performance.now();
    // Under another name until it is whole.
    const making = join(folder, `${suite}-making`);
    rmSync(making, { recursive: true, force: true });
    const build = join(root, "test", "machines", "image", "build.sh");
    await runQuietly("Making a root file system", build, [making, suite, ...IMAGES[suite]]);
    renameSync(making, image);
    say(`set-up: root file system made in ${secondsSince(start)}`);
  });
  return image;
}
