// Packs the library and uses it as bundlers, Yarn's Plug'n'Play, Bun, Deno, Jest and a single executable have it: real Dask on this
// computer, and whole lives of clusters on simulated clouds. Names as arguments choose among them.
import { mkdtempSync, realpathSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "./lib/build.mjs";
import { BUNDLES, makeBundle } from "./lib/bundles/bundlers.mjs";
import { openClouds } from "./lib/bundles/clouds.mjs";
import { executable } from "./lib/bundles/executable.mjs";
import { preparePlaces } from "./lib/bundles/places.mjs";
import { runProgram } from "./lib/bundles/program.mjs";
import { RUNTIMES } from "./lib/bundles/runtimes.mjs";
import { pack } from "./lib/package/tarball.mjs";
import { ROOT, SetupError, main, say, secondsSince } from "./lib/project.mjs";

/** What waits for a cluster waits for processes of its own: two keep two processors busy. */
const AT_A_TIME = 2;

await main(async () => {
  const begin = performance.now();
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "dask-fleet-bundles-")));
  try {
    await check(temporary, process.argv.slice(2));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  say(`check-bundles: all: ok (${secondsSince(begin)})`);
});

async function check(temporary, chosen) {
  const wanted = ({ name }) => chosen.length === 0 || chosen.includes(name);
  await build(ROOT, { ifStale: true });
  const { tarball } = await pack(ROOT, temporary);
  const places = await told("installing", () => preparePlaces(temporary, tarball));
  await using clouds = await openClouds();
  const bundles = BUNDLES.filter(wanted);
  const runtimes = RUNTIMES.filter(wanted);
  const made = await each(bundles, (bundle) => told(`${bundle.name}: bundle`, () => makeBundle(places, bundle)));
  await each(runtimes, ({ name, run }) => told(name, () => run(places, clouds)));
  const single = made.find(({ name }) => name === "esbuild-minified");
  const sea = single === undefined ? [] : [await told("single executable: make", () => executable(places, single))];
  // Whatever a bundle leaves out is gone now, and so is every path of the computer that bundled.
  for (const place of [places.tools, places.plain]) renameSync(place, `${place}.gone`);
  await each([...made, ...sea], (program) => told(`${program.name}: run`, () => runProgram(program, clouds)));
}

/** All of them, a few at a time. The first failure is told when none is under way any more: what they use is removed then. */
async function each(items, work) {
  const results = [];
  const waiting = [...items.entries()];
  const ends = await Promise.allSettled(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        results[next[0]] = await work(next[1]);
    }),
  );
  const failure = ends.find(({ status }) => status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return results;
}

async function told(what, work) {
  const start = performance.now();
  try {
    const result = await work();
    say(`check-bundles: ${what}: ok (${secondsSince(start)})`);
    return result;
  } catch (error) {
    throw error instanceof SetupError ? new SetupError(`check-bundles: ${what}: ${error.message}`) : error;
  }
}
