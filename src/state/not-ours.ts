import type { Stats } from "node:fs";

import { DaskFleetError } from "../errors.ts";

type Kind = "file" | "directory";

/** What is wrong with a file that should be ours, and what to do. */
interface Fault {
  readonly why: string;
  readonly remedy: string;
}

/** The refusal: one sentence and a remedy. Nothing was read, changed or ended because of the file. */
export function notOurs(path: string, { why, remedy }: Fault): DaskFleetError {
  return new DaskFleetError("STATE_UNTRUSTED", `${path} is not used: it ${why}. ${remedy}`);
}

/** @throws DaskFleetError `STATE_UNTRUSTED` unless it belongs to this user and nobody else can open it. */
export function assertOurs(path: string, stat: Stats, kind: Kind): void {
  const fault = whoseElse(stat, kind);
  if (fault !== undefined) throw notOurs(path, fault);
}

/** @throws DaskFleetError `STATE_UNTRUSTED` unless it is of that kind and belongs to this user; others may open it. */
export function assertOwned(path: string, stat: Stats, kind: Kind): void {
  const fault = kindFault(stat, kind) ?? ownerFault(stat);
  if (fault !== undefined) throw notOurs(path, fault);
}

function whoseElse(stat: Stats, kind: Kind): Fault | undefined {
  const fault = kindFault(stat, kind) ?? ownerFault(stat);
  if (fault !== undefined) return fault;
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
    const closed = kind === "directory" ? "700" : "600";
    return {
      why: `is open to others (mode ${mode})`,
      remedy: `If nobody has changed it, make it yours alone (chmod ${closed}); else remove it.`,
    };
  }
  if (kind === "file" && stat.nlink > 1) {
    return { why: `has ${stat.nlink} names (hard links)`, remedy: "Remove the other names, or this one." };
  }
  return undefined;
}

function kindFault(stat: Stats, kind: Kind): Fault | undefined {
  if (kind === "directory" ? stat.isDirectory() : stat.isFile()) return undefined;
  return { why: `is ${kindOf(stat)} and no ${kind}`, remedy: "Find out what has made it, and remove it." };
}

function ownerFault({ uid }: Stats): Fault | undefined {
  const own = process.getuid?.();
  if (own === undefined || own === uid) return undefined;
  return {
    why: `belongs to another user (uid ${uid}; this process is ${own})`,
    remedy: "Run as that user, or remove it.",
  };
}

function kindOf(stat: Stats): string {
  if (stat.isSymbolicLink()) return "a symbolic link";
  if (stat.isFIFO()) return "a FIFO";
  if (stat.isSocket()) return "a socket";
  if (stat.isDirectory()) return "a directory";
  if (stat.isFile()) return "a file";
  return "a device";
}
