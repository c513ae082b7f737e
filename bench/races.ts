// Two launchers race for one name on each simulated cloud: node bench/races.ts [races per cloud] [cloud …]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { allProviders } from "../test/conformance/adapters.ts";
import { race } from "../test/conformance/race.ts";

const [count = "20", ...clouds] = process.argv.slice(2);
const AT_ONCE = 10;
const base = await mkdtemp(join(tmpdir(), "dask-fleet-races-"));
process.env["XDG_STATE_HOME"] = base;
for (const provider of await allProviders()) {
  if (clouds.length > 0 && !clouds.includes(provider.name.toLowerCase())) continue;
  let [races, left] = [0, 0];
  const problems: string[] = [];
  while (races < Number(count)) {
    const names = Array.from({ length: Math.min(AT_ONCE, Number(count) - races) }, (_, nth) => `race-${races + nth}`);
    const done = await race(provider, names);
    races += done.races;
    left += done.left.length;
    problems.push(...done.problems);
  }
  console.log(`${provider.name}: ${races} races, ${left} things left, ${problems.length} problems`);
  for (const problem of problems) console.log(`  ${problem}`);
}
await rm(base, { recursive: true, force: true });
