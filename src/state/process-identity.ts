import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 5000;

/** One process, as against another that was given its number later. */
export interface ProcessIdentity {
  readonly startTime: string;
  /** The number of its process group. */
  readonly group: number;
  /** It has ended, and nobody has asked yet how: in many a container nobody ever does. */
  readonly ended: boolean;
}

/** What there is of that number, in this PID namespace; undefined where there is nothing, or where it cannot be known. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  if (process.platform === "linux") return parseStat(await textOf(`/proc/${pid}/stat`));
  const fields = await output("ps", ["-o", "pgid=,state=,lstart=", "-p", String(pid)]);
  const [, group, state = "", startTime] = /^\s*(\d+)\s+(\S+)\s+(.*\S)/u.exec(fields ?? "") ?? [];
  return startTime === undefined ? undefined : { startTime, group: Number(group), ended: state.startsWith("Z") };
}

/** This process itself, however its /proc numbers it. */
export async function ownIdentity(): Promise<ProcessIdentity | undefined> {
  return process.platform === "linux" ? parseStat(await textOf("/proc/self/stat")) : await processIdentity(process.pid);
}

/**
 * When a process began, so that a number that was given anew is not taken for the old process. Undefined when there is no
 * such process, and where the system does not tell.
 */
export async function startTime(pid: number): Promise<string | undefined> {
  return (await processIdentity(pid))?.startTime;
}

/** Where a process number means what it means here: until this computer boots again, in this PID namespace. */
export interface Vantage {
  readonly bootId: string | undefined;
  readonly pidNamespace: string | undefined;
}

let known: Promise<Vantage> | undefined;

/** What this process sees. Undefined is what the system does not tell, or tells of other processes than ours. */
export async function vantage(): Promise<Vantage> {
  return await (known ??= look());
}

async function look(): Promise<Vantage> {
  if (process.platform === "darwin") {
    // It has no namespaces.
    return { bootId: await output("sysctl", ["-n", "kern.bootsessionuuid"]), pidNamespace: "one" };
  }
  const bootId = await textOf("/proc/sys/kernel/random/boot_id");
  // A /proc of another namespace numbers us otherwise, and so all that it shows.
  const isOfOurs = (await readlink("/proc/self").catch(() => "")) === String(process.pid);
  const pidNamespace = isOfOurs ? await readlink("/proc/self/ns/pid").catch(() => undefined) : undefined;
  return { bootId, pidNamespace };
}

function parseStat(stat: string | undefined): ProcessIdentity | undefined {
  // The command's name, in brackets, may hold blanks; behind it: the state, the parent, the group … and, 20th, the start (proc(5)).
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, group, start] = [fields?.[0], fields?.[2], fields?.[19]];
  if (start === undefined) return undefined;
  return { startTime: start, group: Number(group), ended: state === "Z" || state === "X" };
}

async function textOf(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8").catch(() => undefined))?.trim();
}

async function output(command: string, args: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const done = await run(command, [...args], { timeout: COMMAND_TIMEOUT_MS, env }).catch(() => undefined);
  const text = done?.stdout.trim();
  return text === "" ? undefined : text;
}
