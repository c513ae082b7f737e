/**
 * Time until all workers are there, with keys that machines make themselves and with keys in user data, in alternating pairs:
 *
 *     node bench/join-ready.ts [pairs] [workers]
 */
import { LocalCluster } from "../providers/local/index.ts";

const pairs = Number(process.argv[2] ?? 4);
const nWorkers = Number(process.argv[3] ?? 2);

async function readyMs(delivery: "join" | "user-data"): Promise<number> {
  const startedAt = performance.now();
  await using cluster = new LocalCluster({ nWorkers, security: { delivery } });
  await cluster.start();
  await cluster.waitForWorkers(nWorkers);
  return performance.now() - startedAt;
}

function inSeconds(times: readonly number[]): string {
  return times.map((ms) => (ms / 1000).toFixed(2)).join(" ");
}

const [joined, told]: [number[], number[]] = [[], []];
for (let pair = 0; pair < pairs; pair += 1) {
  joined.push(await readyMs("join"));
  told.push(await readyMs("user-data"));
}
console.log(`${nWorkers} workers ready, s: join ${inSeconds(joined)}; keys in user data ${inSeconds(told)}`);
