// Watches a scheduler and has nothing else to do. With a second argument it stays until it is killed.
import { MembershipWatcher } from "../../../src/dask/agent/membership-watcher.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";

const client = await SchedulerClient.connect(process.argv[2] ?? "");
const untilThen = setInterval(() => undefined, 60_000);
let watcher: MembershipWatcher | undefined;
await new Promise<void>((resolve) => {
  watcher = new MembershipWatcher({
    link: () => client,
    look: () => client.overview(),
    waitMs: 30_000,
    onAnswer: () => undefined,
    onChange: resolve,
    onEvent: () => undefined,
    onUnable: () => undefined,
  });
});
if (process.argv[3] === undefined) clearInterval(untilThen);
console.log(watcher === undefined ? "not watching" : "watching");
