// Runs the tests on real machines: systemd, cloud-init and Dask in system containers on this computer, as root.
// test-machines.mjs [--if-possible] [what vitest takes …]
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { whyNot } from "./lib/machines/able.mjs";
import { ensurePackages } from "./lib/machines/apt.mjs";
import { enterLab } from "./lib/machines/enter-lab.mjs";
import { ensureImage } from "./lib/machines/image.mjs";
import { LAB_PACKAGES } from "./lib/machines/packages.mjs";
import { ROOT, main, say } from "./lib/project.mjs";

/** All machines of a lab share a network, so one file of tests has it after the other. */
const TESTS = ["vitest", "run", "--project", "machines", "--no-file-parallelism"];

await main(async () => {
  const ifPossible = process.argv.includes("--if-possible");
  const args = process.argv.slice(2).filter((arg) => arg !== "--if-possible");
  const reason = whyNot();
  if (reason !== undefined) {
    say(`Real machines can not run on this computer: ${reason}.`);
    return ifPossible ? 0 : 1;
  }
  await ensurePackages(LAB_PACKAGES);
  const figures = join(ROOT, ".cache", "machines", "figures.txt");
  const [image, newer] = await Promise.all([ensureImage(ROOT, "bookworm"), newerImage()]);
  const env = {
    DASK_FLEET_LAB_IMAGE: image,
    DASK_FLEET_LAB_NEWER_IMAGE: newer,
    DASK_FLEET_LAB_FIGURES: figures,
  };
  rmSync(figures, { force: true });
  const codes = await Promise.all(
    lanes(args).map((lane, index) =>
      enterLab(ROOT, [...TESTS, ...lane], { env, name: `lane${index}`, quiet: index > 0 }),
    ),
  );
  if (existsSync(figures)) say(`\nTime from start() on:\n${readFileSync(figures, "utf8")}`);
  return Math.max(...codes);
});

/** A second opinion, without which the tests run too. */
async function newerImage() {
  try {
    return await ensureImage(ROOT, "trixie");
  } catch (error) {
    say(`Without Debian trixie and its newer cloud-init: ${error.message}`);
    return "";
  }
}

/** Machines wait more than they compute: two labs at a time take half as long. */
function lanes(args) {
  return args.length > 0 ? [args] : [["--shard=1/2"], ["--shard=2/2"]];
}
