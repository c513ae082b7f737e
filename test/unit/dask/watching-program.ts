// Watches a scheduler and has nothing else to do.
import { MembershipWatcher } from "../../../src/dask/agent/membership-watcher.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";

const client = await SchedulerClient.connect(process.argv[2] ?? "");
const untilThen = setInterval(() => undefined, 60_000);
await new Promise<void>((resolve) => {
  new MembershipWatcher({
    link: () => client,
    look: () => client.overview(),
    waitMs: 30_000,
    onAnswer: () => undefined,
    onChange: resolve,
    onEvent: () => undefined,
    onUnable: () => undefined,
  });
});
clearInterval(untilThen);
console.log("watching");
