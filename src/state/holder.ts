import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

import * as z from "zod";

import { ownIdentity, vantage } from "./process-identity.ts";

/** The process that leads a cluster, or led it. Records of earlier versions have only a pid, a host name and perhaps a time. */
export const holderSchema = z.object({
  /** Random, because two handles of one process are two holders. */
  id: z.string().optional(),
  pid: z.int().nonnegative(),
  /** The computer's name. For people only: names change, and several computers share one. */
  host: z.string(),
  startTime: z.string().optional(),
  /** Whether it adapts by the bounds in the cluster's directory. Absent: a version that does not know them. */
  adapts: z.boolean().optional(),
  bootId: z.string().optional(),
  /** The boot and PID namespace in which `pid` is valid. */
  pidNamespace: z.string().optional(),
});

export type Holder = Readonly<z.infer<typeof holderSchema>>;

/** This process, as the holder of one more lease. */
export async function newHolder(): Promise<Holder & { readonly id: string }> {
  const [own, place] = await Promise.all([ownIdentity(), vantage()]);
  return {
    id: randomBytes(8).toString("hex"),
    pid: process.pid,
    host: hostname(),
    startTime: own?.startTime,
    adapts: true,
    ...place,
  };
}

export function holderInWords({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}
