// Calls and maps beside Python's own client, on the same two workers: node bench/calls.ts [INPUTS]
//
// Shows wall time, and how long the scheduler's event loop was held. Compare within one run: other work on the computer
// slows both sides.
import { Calls } from "../src/access/calls/calls.ts";
import { connectWithAgent, daskWithLoader } from "../test/dask/agent/agent-dask.ts";

const INPUTS = Number(process.argv[2] ?? 10_000);
const MANY = 100_000;
const SINGLES = 100;
const HUNDRED_MB = 100_000_000;
const GIGABYTE = 1_000_000_000;
const WORKER = ["--no-nanny", "--memory-limit", "8GB"];

const LAG = `
def watch(dask_scheduler):
    import asyncio, time
    lag = dask_scheduler.bench_lag = [0.0, 0.0]
    async def probe():
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            lag[0] = max(lag[0], time.perf_counter() - began - 0.005)
    dask_scheduler.bench_probe = asyncio.ensure_future(probe())

def lag(dask_scheduler):
    import time
    longest, dask_scheduler.bench_lag[0] = dask_scheduler.bench_lag[0], 0.0
    cpu, before = time.process_time(), dask_scheduler.bench_lag[1]
    dask_scheduler.bench_lag[1] = cpu
    return longest, cpu - before
`;

const PYTHON = `${LAG}
import os, time, json, statistics
from distributed import Client, as_completed
client = Client(os.environ["SCHEDULER"])
client.run_on_scheduler(lag)
def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
def maps(count):
    for future in as_completed(client.map(abs, range(count), pure=False), with_results=True):
        pass
def single(number):
    return client.submit(abs, number, pure=False).result()
single(1)
out = {}
out["singles"] = sorted(timed(lambda: single(i)) for i in range(${SINGLES}))
client.run_on_scheduler(lag)
out["map"] = timed(lambda: maps(${INPUTS}))
out["lag"] = client.run_on_scheduler(lag)
out["bytes"] = timed(lambda: client.submit(bytes, ${HUNDRED_MB}, pure=False).result())
data = bytes(${HUNDRED_MB})
out["argument"] = timed(lambda: client.submit(len, data, pure=False).result())
print(json.dumps(out))
`;

interface PythonFigures {
  readonly singles: number[];
  readonly map: number;
  readonly lag: [number, number];
  readonly bytes: number;
  readonly argument: number;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const seconds = (value: number): string => `${value.toFixed(2)} s`;
const milliseconds = (value: number): string => `${(value * 1000).toFixed(1)} ms`;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

await using dask = await daskWithLoader("127.83.72.1");
await using client = await connectWithAgent(dask);
await Promise.all([dask.addWorker("a", WORKER), dask.addWorker("b", WORKER)]);
const calls = new Calls({ link: () => client });
const runOn = async (what: string): Promise<string> =>
  await dask.python(
    `${LAG}\nimport os, json\nfrom distributed import Client\nprint(json.dumps(Client(os.environ["SCHEDULER"]).run_on_scheduler(${what})))`,
  );
const lag = async (): Promise<[number, number]> => JSON.parse(await runOn("lag")) as [number, number];

async function map(count: number, batchSize?: number): Promise<string> {
  await lag();
  let values = 0;
  let first = 0;
  const began = performance.now();
  const inputs = Array.from({ length: count }, (_, index) => -index);
  for await (const { value } of calls.map("builtins:abs", inputs, { batchSize })) {
    if (values === 0) first = (performance.now() - began) / 1000;
    values += Number.isInteger(value) ? 1 : 0;
  }
  const took = (performance.now() - began) / 1000;
  if (values !== count) throw new Error(`${values} values of ${count}`);
  const [longest, cpu] = await lag();
  return `${seconds(took)} (first value after ${seconds(first)}; loop held ${milliseconds(longest)}, scheduler's CPU ${milliseconds(cpu / count)} an input)`;
}

await runOn("watch");
await calls.call("builtins:abs", [1], {});
const singles: number[] = [];
for (let index = 0; index < SINGLES; index += 1)
  singles.push(await timed(() => calls.call("builtins:abs", [index], {})));
console.log(`map ${INPUTS}:              ${await map(INPUTS)}`);
console.log(`map ${INPUTS}, 1 a task:    ${await map(INPUTS, 1)}`);
const python = JSON.parse(await dask.python(PYTHON)) as PythonFigures;
console.log(
  `Python's map ${INPUTS}:     ${seconds(python.map)} (loop held ${milliseconds(python.lag[0])}, scheduler's CPU ${milliseconds(python.lag[1] / INPUTS)} an input)`,
);
console.log(
  `call, one after another: ${milliseconds(median(singles))}; Python's submit().result(): ${milliseconds(median(python.singles))}`,
);
const again: number[] = [];
for (let index = 0; index < SINGLES; index += 1) again.push(await timed(() => calls.call("builtins:abs", [index], {})));
console.log(`call, once more:         ${milliseconds(median(again))}`);
console.log(`map ${MANY}:             ${await map(MANY)}`);
const result = await timed(() => calls.call("builtins:bytes", [HUNDRED_MB], {}));
console.log(`100 MB as a result:      ${seconds(result)}; Python's: ${seconds(python.bytes)}`);
const argument = await timed(() => calls.call("builtins:len", [new Uint8Array(HUNDRED_MB)], {}));
console.log(`100 MB as an argument:   ${seconds(argument)}; Python's: ${seconds(python.argument)}`);
await lag();
console.log(`1 GB as a result:        ${seconds(await timed(() => calls.call("builtins:bytes", [GIGABYTE], {})))}`);
console.log(
  `1 GB as an argument:     ${seconds(await timed(() => calls.call("builtins:len", [new Uint8Array(GIGABYTE)], {})))}`,
);
console.log(`   loop held ${milliseconds((await lag())[0])}`);
await calls.close();
