// Runs the tests on real machines: systemd, cloud-init and Dask in system containers on this computer, as root; with --vm in
// whole virtual machines. test-machines.mjs [--vm] [--if-possible] [what vitest takes …]
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { whyNot } from "./lib/machines/able.mjs";
import { ensurePackages } from "./lib/machines/apt.mjs";
import { enterLab } from "./lib/machines/enter-lab.mjs";
import { ensureImage } from "./lib/machines/image.mjs";
import { LAB_PACKAGES, VM_PACKAGES } from "./lib/machines/packages.mjs";
import { ROOT, main, say } from "./lib/project.mjs";

const OWN = new Set(["--vm", "--if-possible"]);
const FIGURES = join(ROOT, ".cache", "machines", "figures.txt");

await main(async () => {
  const args = process.argv.slice(2).filter((arg) => !OWN.has(arg));
  const reason = whyNot();
  if (reason !== undefined) {
    say(`Real machines can not run on this computer: ${reason}.`);
    return process.argv.includes("--if-possible") ? 0 : 1;
  }
  const code = process.argv.includes("--vm") ? await virtualMachines(args) : await containers(args);
  if (existsSync(FIGURES)) say(`\nTime from start() on:\n${readFileSync(FIGURES, "utf8")}`);
  return code;
});

async function containers(args) {
  await ensurePackages(LAB_PACKAGES);
  const [image, newer] = await Promise.all([ensureImage(ROOT, "bookworm"), newerImage()]);
  return await test("machines", lanes(args), { DASK_FLEET_LAB_IMAGE: image, DASK_FLEET_LAB_NEWER_IMAGE: newer });
}

async function virtualMachines(args) {
  await ensurePackages([...LAB_PACKAGES, ...VM_PACKAGES]);
  return await test("vm", [args], { DASK_FLEET_LAB_IMAGE: await ensureImage(ROOT, "vm") });
}

/** All machines of a lab share a network, so one file of tests has it after the other. */
async function test(project, lanes, env) {
  rmSync(FIGURES, { force: true });
  const tests = ["vitest", "run", "--project", project, "--no-file-parallelism"];
  const labs = lanes.map((lane, index) =>
    enterLab(ROOT, [...tests, ...lane], {
      env: { ...env, DASK_FLEET_LAB_FIGURES: FIGURES },
      name: `lane${index}`,
      quiet: index > 0,
    }),
  );
  return Math.max(...(await Promise.all(labs)));
}

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
