/* Requests the lead of a cluster, for lease.test.ts. Reads lines: `take`, `act`, `release`; answers each with one line. */
import { createInterface } from "node:readline";

import { FileStore } from "../../../src/state/file-store.ts";
import type { Lease } from "../../../src/state/lease.ts";

const [root = "", name = "", renewMs, silentMs, listenMs] = process.argv.slice(2);
const times = { renewMs: Number(renewMs), silentMs: Number(silentMs), listenMs: Number(listenMs) };
const state = new FileStore(root, times).cluster(name);
let lease: Lease | undefined;

async function obey(order: string): Promise<string> {
  if (order === "act") return (await lease?.holds()) === true ? "acts" : (lease?.lost ?? "follows");
  if (order === "release") await lease?.release();
  if (order !== "take") return "released";
  lease = await state.takeLead();
  return lease === undefined ? "follows" : "leads";
}

process.stdout.write("ready\n");
for await (const order of createInterface({ input: process.stdin })) process.stdout.write(`${await obey(order)}\n`);
lease?.stop();
