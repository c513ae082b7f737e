/**
 * How long a cluster's certificates take and how large they are, beside Python's `distributed.Security.temporary()` in the same
 * run: `node bench/certificates.ts`. Python's side needs the package `cryptography`, which Dask does not bring.
 *
 * Ours are a CA and three certificates with a key each; Python's is one self-signed certificate with one key for all roles.
 */
import { execFileSync } from "node:child_process";

import { Security } from "../src/security/security.ts";
import { daskPython } from "../test/support/python.ts";

const ROUNDS = 20;

const PYTHON = `
import json, statistics, sys, time
from distributed.security import Security
times = []
for _ in range(${ROUNDS} + 1):
    start = time.perf_counter()
    security = Security.temporary()
    times.append((time.perf_counter() - start) * 1000)
json.dump({
    "ms": statistics.median(times[1:]),
    "worker": len(security.tls_ca_file) + len(security.tls_worker_cert) + len(security.tls_worker_key),
    "set": len(security.tls_worker_cert) + len(security.tls_worker_key),
}, sys.stdout)
`;

interface Result {
  readonly ms: number;
  /** Bytes of PEM on one worker. */
  readonly worker: number;
  /** Bytes of all PEM texts that were made, each counted once. */
  readonly set: number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return middle.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / 2;
}

/** Both sides leave out their first round, in which libraries load and the code warms up. */
function ours(): Result {
  const times = Array.from({ length: ROUNDS + 1 }, () => {
    const start = performance.now();
    Security.temporary({ clusterName: "bench" });
    return performance.now() - start;
  });
  const security = Security.temporary({ clusterName: "bench" });
  const texts = (["scheduler", "worker", "client"] as const).map((role) => security.materialFor(role));
  const { ca, cert, key } = security.materialFor("worker");
  const set = new Set(texts.flatMap((material) => [material.ca, material.cert, material.key]));
  return { ms: median(times.slice(1)), worker: (ca + cert + key).length, set: [...set].join("").length };
}

function python(): Result {
  try {
    return JSON.parse(execFileSync(daskPython(), ["-c", PYTHON], { encoding: "utf8" })) as Result;
  } catch (error) {
    const advice = `Is its "cryptography" there? If not: ${daskPython()} -m pip install cryptography`;
    throw new Error(`Python's side did not run. ${advice}`, { cause: error });
  }
}

function row(ms: string, worker: string, set: string): Record<string, string> {
  return { [`ms, median of ${ROUNDS}`]: ms, "bytes, one worker": worker, "bytes, whole set": set };
}

function measured({ ms, worker, set }: Result): Record<string, string> {
  return row(ms.toFixed(2), String(worker), String(set));
}

const mine = ours();
const theirs = python();
console.table({
  "dask-fleet Security.temporary()": measured(mine),
  "distributed Security.temporary()": measured(theirs),
  "distributed / dask-fleet": row(
    (theirs.ms / mine.ms).toFixed(1),
    (theirs.worker / mine.worker).toFixed(2),
    (theirs.set / mine.set).toFixed(2),
  ),
});
