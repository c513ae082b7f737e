import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { withLock } from "../lock.mjs";
import { say, secondsSince } from "../project.mjs";
import { runQuietly } from "../run.mjs";
import { fingerprint } from "../stamp.mjs";
import { IMAGES } from "./packages.mjs";

const RECIPE = ["test/machines/image", "scripts/lib/machines/packages.mjs"];

/**
 * An image of the machines, made where there is none of this recipe yet: the folder `.cache/machines/<name>-<fingerprint>`, in
 * it `root`, and beside that `upstream`, what its machines find on the internet, or a virtual machine's `kernel` and `disk`.
 */
export async function ensureImage(root, which) {
  const folder = join(root, ".cache", "machines");
  const name = `${which}-${fingerprint(root, RECIPE).slice(0, 16)}`;
  const image = join(folder, name);
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, `image-${which}.lock`), async () => {
    for (const old of readdirSync(folder)) {
      if (old.startsWith(`${which}-`) && old !== name) rmSync(join(folder, old), { recursive: true, force: true });
    }
    if (existsSync(image)) return;
    say(`set-up: making the root file system of the machines, ${which} …`);
    const start = performance.now();
    // Under another name until it is whole.
    const making = join(folder, `making-${which}`);
    rmSync(making, { recursive: true, force: true });
    await make(root, making, IMAGES[which]);
    renameSync(making, image);
    say(`set-up: root file system made in ${secondsSince(start)}`);
  });
  return image;
}

async function make(root, folder, { suite, kind, packages, upstream = false }) {
  const recipe = join(root, "test", "machines", "image");
  mkdirSync(folder);
  await runQuietly("Making a root file system", join(recipe, "build.sh"), [folder, suite, kind, ...packages], {
    env: { UPSTREAM: upstream ? "1" : "" },
  });
  if (kind === "vm") await runQuietly("Making a disk", join(recipe, "vm-kernel.sh"), [join(folder, "root"), folder]);
}
