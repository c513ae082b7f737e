import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { withLock } from "../lock.mjs";
import { say, secondsSince } from "../project.mjs";
import { runQuietly } from "../run.mjs";
import { fingerprint } from "../stamp.mjs";
import { IMAGES } from "./packages.mjs";

const RECIPE = ["test/machines/image", "scripts/lib/machines/packages.mjs"];

/**
 * The machines' root file system and the container images beside it, made where there are none of this recipe yet:
 * `.cache/machines/<suite>-<fingerprint>/{root,containers}`.
 */
export async function ensureImage(root, suite) {
  const folder = join(root, ".cache", "machines");
  const name = `${suite}-${fingerprint(root, RECIPE).slice(0, 16)}`;
  const image = join(folder, name);
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, `image-${suite}.lock`), async () => {
    for (const old of readdirSync(folder)) {
      if (old.startsWith(`${suite}-`) && old !== name) rmSync(join(folder, old), { recursive: true, force: true });
    }
    if (existsSync(image)) return;
    say(`set-up: making the root file system of the machines, Debian ${suite} …`);
    const start = performance.now();
    // Under another name until it is whole.
    const making = join(folder, `${suite}-making`);
    rmSync(making, { recursive: true, force: true });
    await make(root, making, suite);
    renameSync(making, image);
    say(`set-up: root file system made in ${secondsSince(start)}`);
  });
  return image;
}

async function make(root, folder, suite) {
  const recipe = join(root, "test", "machines", "image");
  const [system, containers] = [join(folder, "root"), join(folder, "containers")];
  mkdirSync(containers, { recursive: true });
  await runQuietly("Making a root file system", join(recipe, "build.sh"), [system, suite, ...IMAGES[suite]]);
  if (!IMAGES[suite].includes("podman")) return;
  const pack = ["--mount", join(recipe, "container-image.sh"), system, containers];
  await runQuietly("Making a container image", "unshare", pack);
}
