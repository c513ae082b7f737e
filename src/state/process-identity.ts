import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 5000;

/** One process, told apart from a later one with the same pid. */
export interface ProcessIdentity {
  readonly startTime: string;
  /** Its process group. */
  readonly group: number;
  /** It has ended and was not reaped. Many containers never reap. */
  readonly ended: boolean;
}

/** The process with that pid in this PID namespace; undefined when there is none, or it cannot be known. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  if (process.platform === "linux") return parseStat(await textOf(`/proc/${pid}/stat`));
  const fields = await output("ps", ["-o", "pgid=,state=,lstart=", "-p", String(pid)]);
  const [, group, state = "", startTime] = /^\s*(\d+)\s+(\S+)\s+(.*\S)/u.exec(fields ?? "") ?? [];
  return startTime === undefined ? undefined : { startTime, group: Number(group), ended: state.startsWith("Z") };
}

/** This process, whatever number its /proc gives it. */
export async function ownIdentity(): Promise<ProcessIdentity | undefined> {
  return process.platform === "linux" ? parseStat(await textOf("/proc/self/stat")) : await processIdentity(process.pid);
}

/**
 * When a process began, to tell it from a later one with the same pid. Undefined when there is no such process, and where the
 * system does not tell.
 */
export async function startTime(pid: number): Promise<string | undefined> {
  return (await processIdentity(pid))?.startTime;
}

/** Where a pid keeps its meaning: this boot of this computer, this PID namespace. */
export interface Vantage {
  readonly bootId: string | undefined;
  readonly pidNamespace: string | undefined;
}

let known: Promise<Vantage> | undefined;

/** This process's place. Fields that the system does not tell are undefined. */
export async function vantage(): Promise<Vantage> {
  return await (known ??= look());
}

async function look(): Promise<Vantage> {
  if (process.platform === "darwin") {
    // The system has no namespaces.
    return { bootId: await output("sysctl", ["-n", "kern.bootsessionuuid"]), pidNamespace: "one" };
  }
  const bootId = await textOf("/proc/sys/kernel/random/boot_id");
  // The /proc of another namespace gives other numbers, ours included.
  const isOfOurs = (await readlink("/proc/self").catch(() => "")) === String(process.pid);
  const pidNamespace = isOfOurs ? await readlink("/proc/self/ns/pid").catch(() => undefined) : undefined;
  return { bootId, pidNamespace };
}

function parseStat(stat: string | undefined): ProcessIdentity | undefined {
  // The command's name, in brackets, may contain blanks. After it: state, parent, group … and, 20th, start time (proc(5)).
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
