import { lastBootIn, MARK, PREFIX, readingsOf } from "./console-text.ts";
import type { GaveUp } from "./gave-up.ts";

/** Nothing is printed after these. */
const DEAD: readonly RegExp[] = [
  /Kernel panic - not syncing/u,
  /You are in (?:emergency|rescue) mode|Entering emergency mode|Reached target .*(?:emergency\.target|Emergency Mode)/u,
  /Give root password for|Press Enter for (?:system )?maintenance|Gave up waiting for root/u,
  /Reached target .*(?:poweroff\.target|Power[ -]Off|halt\.target)|reboot: (?:Power down|System halted)/u,
];

/** By then the starter of our programs has ended, and they have printed something, or will in a moment. */
const ENDED: readonly RegExp[] = [
  /Cloud-init v\. \S+ finished at /u,
  /Failed to start .*(?:cloud-fin|Execute cloud user\/final|Cloud-init: Final)/iu,
  /Reached target .*(?:cloud-init\.target|Cloud-init target)/iu,
  /Out of memory: Killed process \d+ \(cloud-init\)/u,
  /Failed to start Bottlerocket userdata/u,
  /Ignition failed/u,
];
/** An image without cloud-init, or whose cloud-init found no cloud: it would have printed before. */
const UP = /Reached target .*(?:multi-user\.target|Multi-User System)/u;
const CLOUD_INIT = /cloud-init|cloud-config|cloud-final/iu;
/** The stage of cloud-init and its like that starts our programs. */
const FINAL_STAGE = /running 'modules:final'|Starting cloud-final|DataSourceNone/u;

/** Printed by templates/guard.sh, which cloud-init runs before any of our files or programs. */
const TOO_EARLY = /dask-fleet: (?:this disk was another machine's|the clock says that the lifetime is over)/u;

/** systemd has started our unit; its own output can take until Docker or the network is up. */
const STARTED = /(?:Started|Starting|Created symlink) .*(?:dask-node|dask-fleet-boot|Dask node)/u;

/** Console output of this length has lost its beginning, and perhaps our lines. */
const CUT_CHARACTERS = 60_000;

/** Lines that explain why our programs were not started, the most telling first. */
const TELLING: readonly RegExp[] = [
  ...DEAD,
  /DataSourceNone|No active metadata service|Used fallback datasource|No instance datasource found|Giving up on md/u,
  /Failed loading yaml blob|Failed at merging in cloud config|Unhandled non-multipart|Error parsing TOML|Ignition failed/u,
  /(?:cloud-init|runcmd).*(?:not found|No such file or directory|Read-only file system|Permission denied|No space left)/iu,
  /(?:Failed to run|Running) module (?:scripts-user|scripts_user|write-files|write_files|runcmd|bootcmd)\b/u,
  /Out of memory: Killed process/u,
  /Failed to run module|Running module .* failed|Failed to start .*(?:cloud|Cloud|Ignition|Bottlerocket)/u,
  /\.py\[(?:WARNING|ERROR|CRITICAL)\]: Calling '.*' failed|IMDS's HTTP endpoint/u,
  ...ENDED,
];
const MOST_LINES = 3;
const LONGEST_LINE = 160;
/** The path of a Python module that cloud-init names. */
const MODULE = / \(<module '.*?>\)/u;

/**
 * Whether console output shows that the boot ended without our programs: cloud-init has ended or is missing, or the machine is dead. A
 * single look may be too early: our first line may come a moment later.
 */
export function silentEndIn(log: string): GaveUp | undefined {
  const readings = readingsOf(log);
  const text = lastBootIn(readings[0] ?? "");
  const sinceUs = text.slice(Math.max(0, text.lastIndexOf(MARK)));
  if (DEAD.some((sign) => sign.test(sinceUs))) return ended("the machine is dead", text);
  if (readings.some(speaks) || STARTED.test(text)) return undefined;
  const hasEnded = ENDED.some((sign) => sign.test(text)) || (UP.test(text) && !CLOUD_INIT.test(text));
  if (!hasEnded || (log.length >= CUT_CHARACTERS && !FINAL_STAGE.test(text))) return undefined;
  return ended("its boot ended without a word from dask-fleet", text);
}

function speaks(text: string): boolean {
  return text.includes(MARK) && text.split("\n").some((line) => line.includes(MARK) && !TOO_EARLY.test(line));
}

/** The most telling lines of a boot about failures before, or instead of, our programs, in their order. */
export function troublesOfBoot(log: string): readonly string[] {
  const [text = ""] = readingsOf(log);
  return tellingLines(lastBootIn(text), (rank) => rank < TELLING.length - ENDED.length);
}

function ended(what: string, log: string): GaveUp {
  return { reason: `${what}: ${tellingLines(log, () => true).join("; ")}`, log };
}

function tellingLines(text: string, counts: (rank: number) => boolean): readonly string[] {
  const told = new Map<string, { readonly rank: number; readonly place: number }>();
  for (const [place, each] of text.split("\n").entries()) {
    const rank = TELLING.findIndex((sign) => sign.test(each));
    if (rank === -1 || !counts(rank)) continue;
    const line = each.replace(PREFIX, "").replace(MODULE, "").trim();
    if (!told.has(line)) told.set(line, { rank, place });
  }
  return [...told]
    .toSorted(([, a], [, b]) => a.rank - b.rank || a.place - b.place)
    .slice(0, MOST_LINES)
    .toSorted(([, a], [, b]) => a.place - b.place)
    .map(([line]) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line));
}
