// Builds and packs the library, then looks at the tarball as a user gets it.
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "./lib/build.mjs";
import { bundledFaults } from "./lib/package/bundled.mjs";
import { contentFaults } from "./lib/package/contents.mjs";
import { costFaults } from "./lib/package/cost.mjs";
import { dependencyFaults } from "./lib/package/dependencies.mjs";
import { tryGlobally } from "./lib/package/global-command.mjs";
import { oldestNode } from "./lib/package/oldest-node.mjs";
import { sbomFaults } from "./lib/package/sbom-faults.mjs";
import { compileStrictly } from "./lib/package/strict-types.mjs";
import { importNames, installInto, pack, readPackage, writeConsumer, writeProviders } from "./lib/package/tarball.mjs";
import { ROOT, SetupError, main, say, secondsSince } from "./lib/project.mjs";
import { readManifests } from "./lib/providers.mjs";
import { runQuietly } from "./lib/run.mjs";

await main(async () => {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "dask-fleet-package-")));
  try {
    await check(temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
});

async function check(temporary) {
  const manifest = readPackage(ROOT);
  const names = importNames(manifest);
  await build(ROOT);
  const { tarball, files } = await step("pack", () => pack(ROOT, temporary));
  await step("publint", () => runQuietly("publint", "publint", ["run", tarball, "--strict"]));
  const attw = [tarball, "--profile", "esm-only", "--no-definitely-typed", "--exclude-entrypoints", "./package.json"];
  await step("are the types wrong", () => runQuietly("attw", "attw", attw));
  const consumer = join(temporary, "consumer");
  const installed = await step("install into an empty folder", () => installInto(consumer, tarball, manifest.name));
  const packed = { root: ROOT, installed, files, manifest };
  await step(`contents (${files.length} files)`, () => demandNone(contentFaults(packed)));
  await step("dependencies are what is imported", () => demandNone(dependencyFaults(packed)));
  await step("what is bundled is safe", () => demandNone(bundledFaults(packed)));
  await step("the SBOM tells what is there", () => demandNone(sbomFaults(packed)));
  await step("what an installation and an import cost", async () => demandNone(await costFaults({ ...packed, names })));
  writeConsumer(ROOT, consumer, "consumer.mjs", names);
  writeConsumer(ROOT, consumer, "consumer.ts", names);
  cpSync(join(ROOT, "test", "package", "toy-provider"), join(consumer, "toy-provider"), { recursive: true });
  writeProviders(consumer, await readManifests(ROOT));
  const oldest = await oldestNode(ROOT, manifest);
  for (const { node, version } of [oldest, { node: "node", version: process.versions.node }]) {
    await step(`plain JavaScript on Node.js ${version}`, async () => {
      for (const file of ["every-export.mjs", "consumer.mjs"]) await runQuietly(file, node, [file], { cwd: consumer });
    });
  }
  const command = join(consumer, "node_modules", ".bin", "dask-fleet");
  await step("the command line", () => runQuietly("dask-fleet", command, ["preview", "local", "worker"]));
  await step("the command line, installed globally", () => tryGlobally(join(temporary, "global"), tarball));
  await step(
    "strict, on TypeScript",
    () => compileStrictly(consumer),
    (how) => ` ${how}`,
  );
}

async function step(name, work, detail = () => "") {
  const start = performance.now();
  const result = await work();
  say(`check-package: ${name}${detail(result)}: ok (${secondsSince(start)})`);
  return result;
}

function demandNone(faults) {
  if (faults.length > 0) throw new SetupError(`The package has faults:\n  ${faults.join("\n  ")}`);
}
