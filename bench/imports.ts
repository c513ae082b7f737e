/**
 * The processor's time of importing the built package by each of its names, of its command line and of a first cluster object, above a
 * bare Node.js in the same run: `npm run build && node bench/imports.ts [runs]`. No cloud's SDK is loaded.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RUNS = Number(process.argv[2] ?? 15);

/** The last thing a process says is its own processor's time, that of its start included. */
const REPORT =
  'process.on("exit", () => { const { user, system } = process.cpuUsage(); process._rawDebug(`CPU ${user + system}`); });';
const PROLOGUE = `data:text/javascript,${encodeURIComponent(REPORT)}`;

interface Exports {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

function programs(): Readonly<Record<string, readonly string[]>> {
  const { name, bin, exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Exports;
  const [command = ""] = Object.values(bin);
  if (!existsSync(join(ROOT, command))) throw new Error("There is no dist/: run npm run build first.");
  const names = Object.entries(exports)
    .filter(([, target]) => typeof target !== "string")
    .map(([path]) => path.replace(".", name));
  const evaluated = (code: string): readonly string[] => ["--input-type=module", "--eval", code];
  return {
    bare: evaluated("0"),
    ...Object.fromEntries(names.map((each) => [each, evaluated(`await import("${each}")`)])),
    "new EC2Cluster()": evaluated(
      'const { EC2Cluster } = await import("dask-fleet/aws"); new EC2Cluster({ region: "us-east-1" });',
    ),
    "dask-fleet --version": [join(ROOT, command), "--version"],
    "dask-fleet --help": [join(ROOT, command), "--help"],
  };
}

function milliseconds(args: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ["--import", PROLOGUE, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  const microseconds = /^CPU (\d+)$/mu.exec(stderr)?.[1];
  if (status !== 0 || microseconds === undefined) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
  return Number(microseconds) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const wanted = Object.entries(programs());
const times = new Map(wanted.map(([name]) => [name, [] as number[]]));
// In turns, so that all have the same share of a computer that is busy for a while. The first turn warms up.
for (let turn = 0; turn <= RUNS; turn += 1) {
  for (const [name, args] of wanted) {
    const ms = milliseconds(args);
    if (turn > 0) times.get(name)?.push(ms);
  }
}
const bare = median(times.get("bare") ?? []);
console.table(
  Object.fromEntries(
    [...times].map(([name, all]) => {
      const [ms, least] = [median(all), Math.min(...all)];
      return [
        name,
        { [`CPU ms, median of ${RUNS}`]: ms.toFixed(0), least: least.toFixed(0), "above bare": (ms - bare).toFixed(0) },
      ];
    }),
  ),
);
