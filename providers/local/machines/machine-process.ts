import { join } from "node:path";

import * as z from "zod";

import { DaskFleetError } from "../../../src/errors.ts";
import { GROUP_NAME } from "../../../src/provider/worker-group.ts";
import { isPrivateDirectory } from "../../../src/state/private-directory.ts";
import { readPrivateFile, writePrivateFile } from "../../../src/state/private-file.ts";
import { ownIdentity, processIdentity } from "../../../src/state/process-identity.ts";
import { membersOf, processesOf } from "./process-group.ts";

const MAX_BYTES = 4096;

const processSchema = z.object({
  /** Of the leader of the machine's process group. */
  pid: z.int().min(2),
  /** When it began: a number alone may be another process's by now. */
  startTime: z.string().min(1),
  address: z.string(),
  role: z.enum(["scheduler", "worker"]),
  /** Of a worker that is of another group than `default`. */
  group: z.string().regex(GROUP_NAME).optional(),
});

/** Which process a local machine is. */
export type MachineProcess = Readonly<z.infer<typeof processSchema>>;

export async function writeMachineProcess(directory: string, known: MachineProcess): Promise<void> {
  await writePrivateFile(pathIn(directory), JSON.stringify(known));
}

/**
 * Undefined where no file says.
 *
 * @throws DaskFleetError `STATE_UNTRUSTED` where it is not this user's alone, or names a process that no machine can be
 */
export async function readMachineProcess(directory: string): Promise<MachineProcess | undefined> {
  if (!(await isPrivateDirectory(directory))) return undefined;
  const path = pathIn(directory);
  const text = await readPrivateFile(path, MAX_BYTES);
  if (text === undefined) return undefined;
  const known = parse(text);
  if (known === undefined) throw notBelieved(path, "is damaged, or names no process by number and start time");
  const own = await ownIdentity();
  if (known.pid === process.pid || known.pid === own?.group) throw notBelieved(path, "names this very process");
  return known;
}

/**
 * Whether the process group is that machine's still: its leader began when the machine's did. Where the leader has ended, the group
 * keeps its number until its last member ends; a member says itself whose it is, but only Linux can tell.
 *
 * @param root the directory that is the machine's disk; undefined where this process has booted it, and needs no proof
 */
export async function isGroupOf({ pid, startTime }: MachineProcess, root: string | undefined): Promise<boolean> {
  const leader = await processIdentity(pid);
  if (leader !== undefined) return leader.startTime === startTime && leader.group === pid;
  if (root === undefined) return true;
  const [members, machine] = await Promise.all([membersOf(pid), processesOf(root)]);
  return members.some((member) => machine.includes(member));
}

function parse(text: string): MachineProcess | undefined {
  try {
    return processSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function notBelieved(path: string, why: string): DaskFleetError {
  return new DaskFleetError(
    "STATE_UNTRUSTED",
    `${path} is not used: it ${why}. Nothing was ended because of it; end what still runs on that machine yourself, and remove the file.`,
  );
}

function pathIn(directory: string): string {
  return join(directory, "process.json");
}
