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
  const env = { DASK_FLEET_LAB_IMAGE: await ensureImage(ROOT, "bookworm"), DASK_FLEET_LAB_FIGURES: figures };
  rmSync(figures, { force: true });
  // All machines share a network, so one file of tests has it after the other.
  const tests = ["vitest", "run", "--project", "machines", "--no-file-parallelism", ...args];
  const code = await enterLab(ROOT, tests, env);
  if (existsSync(figures)) say(`\nTime from start() on:\n${readFileSync(figures, "utf8")}`);
  return code;
});
