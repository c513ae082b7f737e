// Makes the package @dask-fleet/simulated-clouds that can be published: build-simulated-clouds.mjs [folder]
import { resolve } from "node:path";

import { ROOT, main } from "./lib/project.mjs";
import { buildSimulatedClouds } from "./lib/simulated-clouds.mjs";

const [folder] = process.argv.slice(2);

await main(() => buildSimulatedClouds(ROOT, folder === undefined ? undefined : resolve(folder)));
