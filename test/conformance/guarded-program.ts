// A program with a cluster on a simulated cloud, which its guard may close. Its last argument selects its behaviour.
import { writeFileSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";

import { providerNamed } from "./adapters.ts";
import type { ClusterOptions } from "./provider-under-test.ts";

export type Behaviour =
  /** Stays, and says nothing. */
  | "stays"
  /** Stays, and writes to both streams all the time. */
  | "talks"
  /** Exits with the code of a command that it runs, which a signal also ends. */
  | "runs"
  /** Ends without closing. */
  | "forgets"
  | "exits"
  | "throws"
  /** The program stays, and ends the thread in which the cluster is. */
  | "terminates";

export interface Order {
  readonly provider: string;
  readonly endpoint: string;
  readonly options: ClusterOptions;
  readonly behaviour: Behaviour;
  /** Whether the cluster is in a worker thread. */
  readonly thread: boolean;
  /** A file that is made when the cluster runs. */
  readonly upFile?: string | undefined;
}

async function live({ provider: name, endpoint, options, behaviour, upFile }: Order): Promise<void> {
  const provider = await providerNamed(name);
  const cluster = await provider.cluster(endpoint, { ...options, closeOnExit: true }).start();
  process.stdout.write("up\n");
  if (upFile !== undefined) writeFileSync(upFile, "");
  if (behaviour === "runs") {
    await cluster.run("sleep", ["600"]).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  }
  if (behaviour === "exits") process.exit(5);
  if (behaviour === "throws")
    setImmediate(() => {
      throw new Error("a mistake of the program");
    });
  if (behaviour === "forgets") return;
  setInterval(() => {
    if (behaviour !== "talks") return;
    process.stdout.write("working\n");
    process.stderr.write("working\n");
  }, 20);
}

const order = (isMainThread ? JSON.parse(process.argv[2] ?? "{}") : workerData) as Order;
if (order.thread && isMainThread) {
  const thread = new Worker(new URL(import.meta.url), { workerData: order, stdout: true });
  thread.stdout.on("data", (text) => {
    process.stdout.write(text);
    if (order.behaviour === "terminates" && String(text) === "up\n") void thread.terminate();
  });
  thread.on("error", (error) => process.stderr.write(`the thread's error: ${error.message}\n`));
} else {
  await live(order);
}
