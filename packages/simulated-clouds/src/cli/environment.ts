import { CLOUDS, type CommandCloud } from "./clouds.ts";
import type { CommandLine } from "./command-line.ts";

/** What dask-fleet asks of a cloud in real milliseconds where it is as slow as life. */
const POLL_INTERVAL_MS = 5000;
const SHORTEST_INTERVAL_MS = 100;
const LIST_LAG_MS = 2000;
const IDLE_TIMEOUT_MS = 1_200_000;
/** The most that dask-fleet takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** The variables that lead an SDK and dask-fleet to a cloud, and tell dask-fleet what its machines are. */
export function environmentOf(
  cloud: CommandCloud,
  { cloud: name, boot, speed, listLagMs = LIST_LAG_MS }: CommandLine,
  python: string | undefined,
): Readonly<Record<string, string>> {
  const prefix = `DASK_CLOUDPROVIDER__${CLOUDS[name]?.section}__`;
  const real = (ms: number): string => String(Math.ceil(Math.max(SHORTEST_INTERVAL_MS, ms / speed)));
  // As patient as the cloud is quick.
  const pace = { POLL_INTERVAL_MS: real(POLL_INTERVAL_MS), LIST_LAG_MS: real(2 * listLagMs) };
  // Processes of this computer need no Docker, and install nothing.
  const machines = boot === "process" ? { RUNTIME: "native", BOOTSTRAP: "False", PYTHON: python ?? "python3" } : {};
  // Machines on paper have the cloud's clock: what is idle for so long in real time is so for longer there.
  const ends =
    boot === "paper" ? { IDLE_TIMEOUT_MS: String(Math.min(LONGEST_MS, Math.ceil(IDLE_TIMEOUT_MS * speed))) } : {};
  const own = Object.entries({ ...pace, ...machines, ...ends }).map(([key, value]) => [`${prefix}${key}`, value]);
  return { ...cloud.environment(), ...(Object.fromEntries(own) as Record<string, string>) };
}

/** The variables as a shell reads them. */
export function exportsOf(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`)
    .join("");
}
