// Runs the tests on real machines: systemd, cloud-init and Dask in system containers on this computer, as root; with --vm in
// whole virtual machines, with --slow what takes minutes. test-machines.mjs [--vm|--slow] [--if-possible] [what vitest takes …]
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { whyNot } from "./lib/machines/able.mjs";
import { ensurePackages } from "./lib/machines/apt.mjs";
import { ensureImage } from "./lib/machines/image.mjs";
import { testInLabs } from "./lib/machines/labs.mjs";
import { LAB_PACKAGES, VM_PACKAGES } from "./lib/machines/packages.mjs";
import { ROOT, main, say } from "./lib/project.mjs";
import { ensurePython } from "./lib/python.mjs";
import { run } from "./lib/run.mjs";

const OWN = new Set(["--vm", "--slow", "--if-possible"]);
/** Of this run alone: another may be under way, as in the tests of how a run ends. */
const FIGURES = join(ROOT, ".cache", "machines", `figures-${process.pid}.txt`);
const TESTS = "test/machines";
/** The longest come first, so that at the end no lab is alone with one of them. */
const LONG = ["docker", "ads", "machine", "lifetime", "digitalocean", "azure", "oci", "ec2", "gce", "odd-images"];
/** Each takes a minute or two: with --slow they run alone, else not at all. */
const SLOW = ["bootstrap", "resumed-boot", "docker-container", "used-image"];

await main(async () => {
  const args = process.argv.slice(2).filter((arg) => !OWN.has(arg));
  const reason = whyNot();
  if (reason !== undefined) {
    say(`Real machines cannot run on this computer: ${reason}.`);
    return process.argv.includes("--if-possible") ? 0 : 1;
  }
  try {
    const code = process.argv.includes("--vm") ? await virtualMachines(args) : await containers(args);
    if (existsSync(FIGURES)) say(`\nTime from start() on:\n${readFileSync(FIGURES, "utf8")}`);
    return code;
  } finally {
    rmSync(FIGURES, { force: true });
  }
});

async function containers(args) {
  await ensurePackages(LAB_PACKAGES);
  const [image, newer] = await Promise.all([ensureImage(ROOT, "bookworm"), newerImage()]);
  const env = { DASK_FLEET_LAB_IMAGE: image, DASK_FLEET_LAB_NEWER_IMAGE: newer, DASK_FLEET_LAB_FIGURES: FIGURES };
  if (args.length > 0) return await testInLabs(ROOT, "machines", [args], env);
  if (process.argv.includes("--slow")) return await testInLabs(ROOT, "machines", runsOf(SLOW), env);
  // One after the other: three labs are as much as two processors bear.
  const inLabs = await testInLabs(ROOT, "machines", runsOf(quickest()), env);
  return Math.max(inLabs, await testOutside());
}

async function testOutside() {
  const projects = ["--project", "outside-the-lab", "--project", "computers"];
  const env = { DASK_FLEET_PYTHON: await ensurePython(ROOT, "pinned") };
  const { code, output } = await run("vitest", ["run", ...projects], { quiet: true, env });
  process.stdout.write(output);
  return code;
}

async function virtualMachines(args) {
  await ensurePackages([...LAB_PACKAGES, ...VM_PACKAGES]);
  const env = { DASK_FLEET_LAB_IMAGE: await ensureImage(ROOT, "vm"), DASK_FLEET_LAB_FIGURES: FIGURES };
  return await testInLabs(ROOT, "vm", [args], env);
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

function runsOf(names) {
  return names.map((name) => [join(TESTS, `${name}.test.ts`)]);
}

function quickest() {
  const names = readdirSync(join(ROOT, TESTS))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => file.replace(".test.ts", ""));
  const rest = names.filter((name) => !LONG.includes(name) && !SLOW.includes(name));
  return [...LONG.filter((name) => names.includes(name)), ...rest];
}
