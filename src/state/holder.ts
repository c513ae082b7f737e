import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

import * as z from "zod";

import { ownIdentity, vantage } from "./process-identity.ts";

/** Who looks after a cluster, or did. A record of an earlier version has only a number, a computer's name and perhaps a time. */
export const holderSchema = z.object({
  /** Random: two handles of one process are two. */
  id: z.string().optional(),
  pid: z.int().nonnegative(),
  /** The computer's name, for people only: names are changed, and shared. */
  host: z.string(),
  startTime: z.string().optional(),
  bootId: z.string().optional(),
  /** Which processes a `pid` is counted among. */
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
    ...place,
  };
}

export function holderInWords({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}
