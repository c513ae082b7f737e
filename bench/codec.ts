/**
 * How fast the comm codec reads `identity` of 1,000 busy workers. Run: node bench/codec.ts
 *
 * Baselines, in the same run: `JSON.parse` of the same content for decoding; joining the chunks with `Buffer.concat` on each
 * arrival for framing. Rounds are interleaved, figures are medians.
 */
import { encode } from "@msgpack/msgpack";

import { encodeFrames, FrameReader } from "../src/dask/comm/frames.ts";
import { decodeMessage } from "../src/dask/message/message.ts";
import { atOnce } from "../src/dask/message/steps.ts";

const WORKERS = 1000;
const ROUNDS = 11;
const SOCKET_CHUNK = 64 * 1024;
const LARGE = 2 * 1024 * 1024;

/** A worker as distributed 2026.8.0 describes it while tasks run; `digests` has tuples for keys, so a `Map` here. */
function worker(index: number): Record<string, unknown> {
  const host = `10.0.${index >> 8}.${index & 255}`;
  return {
    type: "Worker",
    id: `dask-fleet-3f9a1c-worker-${index}`,
    host,
    resources: { GPU: 1 },
    local_directory: `/tmp/dask-scratch-space/worker-${(index * 7919).toString(36)}x7q1`,
    name: `dask-fleet-3f9a1c-worker-${index}`,
    nthreads: 8,
    memory_limit: 33_654_501_376 + index,
    last_seen: 1_795_336_336.013_428_2 + index / 7,
    services: { dashboard: 40_000 + index },
    metrics: {
      task_counts: { memory: 120 + index, executing: 8, released: 3 },
      bandwidth: { total: 100_000_000 + index / 3, workers: {}, types: {} },
      digests_total_since_heartbeat: {
        "tick-duration": 0.500_838_756_561_279_3 + index / 1e6,
        latency: 0.002_468_109_130_859_375,
        '["execute","inc","thread-cpu","seconds"]': 0.25 + index / 1e5,
        '["execute","inc","thread-noncpu","seconds"]': 0.125 + index / 1e5,
        '["execute","inc","executor","seconds"]': 0.062_5 + index / 1e5,
      },
      managed_bytes: 1_234_567_890 + index,
      spilled_bytes: { memory: 0, disk: 0 },
      transfer: {
        incoming_bytes: index,
        incoming_count: 2,
        incoming_count_total: 4711 + index,
        outgoing_bytes: 0,
        outgoing_count: 0,
        outgoing_count_total: index,
      },
      event_loop_interval: 0.019_982_509_613_037_11,
      cpu: 96.4,
      memory: 4_083_546_112 + index,
      time: 1_795_336_335.511_832_5 + index / 7,
      host_net_io: { read_bps: 1676.751_184_531_823_6 + index, write_bps: 1676.751_184_531_823_6 },
      host_disk_io: { read_bps: 0.0, write_bps: 4096.5 },
      num_fds: 20,
    },
    status: "running",
    nanny: `tls://${host}:46593`,
  };
}

function identity(): Record<string, unknown> {
  const workers = Array.from({ length: WORKERS }, (_, index) => [
    `tls://10.0.${index >> 8}.${index & 255}:40565`,
    worker(index),
  ]);
  return {
    type: "Scheduler",
    id: "Scheduler-6e31fc85-d6e3-4fca-ba73-f14e8fe589fe",
    address: "tls://10.0.255.1:8786",
    services: { dashboard: 8787 },
    started: 1_795_336_330.270_902,
    n_workers: WORKERS,
    total_threads: 8 * WORKERS,
    total_memory: 33_654_501_376 * WORKERS,
    workers: Object.fromEntries(workers),
  };
}

/** Writes the keys that stand for tuples as the tuples that Python sends. */
function withTupleKeys(bytes: Uint8Array): Uint8Array {
  let rest = Buffer.from(bytes);
  const parts: Buffer[] = [];
  for (const part of ["thread-cpu", "thread-noncpu", "executor"]) {
    const text = `["execute","inc","${part}","seconds"]`;
    const asText = Buffer.from(encode(text));
    const asTuple = Buffer.from(encode(JSON.parse(text)));
    for (let at = rest.indexOf(asText); at >= 0; at = rest.indexOf(asText)) {
      parts.push(rest.subarray(0, at), asTuple);
      rest = rest.subarray(at + asText.byteLength);
    }
    rest = Buffer.concat([...parts.splice(0), rest]);
  }
  return rest;
}

function inChunks(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

function frame(chunks: readonly Buffer[]): number {
  const reader = new FrameReader();
  return chunks.reduce((count, chunk) => count + reader.push(chunk).length, 0);
}

/** What one writes first: join everything on each arrival, then see whether it is enough. */
function frameNaively(chunks: readonly Buffer[]): number {
  let all = Buffer.alloc(0);
  for (const chunk of chunks) {
    all = Buffer.concat([all, chunk]);
    if (all.byteLength >= 24 && all.byteLength >= 24 + Number(all.readBigUInt64LE(16))) return 1;
  }
  return 0;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Milliseconds of each, in the order given. */
function compare(...runs: readonly (() => unknown)[]): number[] {
  const times = runs.map((): number[] => []);
  for (let round = -3; round < ROUNDS; round++) {
    for (const [index, run] of runs.entries()) {
      const start = performance.now();
      run();
      if (round >= 0) times[index]?.push(performance.now() - start);
    }
  }
  return times.map((list) => median(list));
}

function report(
  what: string,
  bytes: number,
  ms: number | undefined,
  baseline: string,
  baseMs: number | undefined,
): void {
  const [ours, base] = [ms ?? Number.NaN, baseMs ?? Number.NaN];
  const rate = `${(bytes / 1e3 / ours).toFixed(0)} MB/s, ${(1000 / ours).toFixed(1)} replies/s`;
  const ratio = `${(ours / base).toFixed(3)} x the time of ${baseline} (${base.toFixed(2)} ms)`;
  console.log(`${what}: ${ours.toFixed(2)} ms, ${rate}; ${ratio}`);
}

const body = withTupleKeys(encode(identity()));
const message = encodeFrames([body]);
const json = JSON.stringify(identity());
const count = Object.keys((atOnce(decodeMessage([body])) as { workers: object }).workers).length;
if (count !== WORKERS) throw new Error(`Decoded ${count} workers`);
console.log(`identity of ${WORKERS} workers: ${message.byteLength} bytes on the wire, ${json.length} as JSON`);

const socketChunks = inChunks(message, SOCKET_CHUNK);
const [whole, parse] = compare(
  () => {
    const reader = new FrameReader();
    for (const chunk of socketChunks) for (const frames of reader.push(chunk)) atOnce(decodeMessage(frames));
  },
  () => JSON.parse(json),
);
report("frames and values, in chunks of 64 KiB", message.byteLength, whole, "JSON.parse", parse);

for (const [name, size] of [
  ["64 KiB", SOCKET_CHUNK],
  ["1,448 bytes", 1448],
] as const) {
  const large = encodeFrames([Buffer.alloc(LARGE)]);
  const chunks = inChunks(large, size);
  const rounds = chunks;
  const [framed, naive] = compare(
    () => frame(rounds),
    () => frameNaively(rounds),
  );
  const bytes = rounds.reduce((total, chunk) => total + chunk.byteLength, 0);
  report(`frames only, a reply of 2 MiB in chunks of ${name}`, bytes, framed, "naive Buffer.concat", naive);
}
