/* A program with open clusters, for exit-guard.test.ts. Its argument selects how it behaves. */
import { guardExit, unguardExit } from "../../../src/process/exit-guard.ts";
import { sleep } from "../../../src/wait.ts";

const behaviour = process.argv[2];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const clusters = ["one", "two"].map((name) => {
  let left = `machine-of-${name}`;
  const cluster = {
    name,
    closeTimeoutMs: 60_000,
    whatIsLeft: () => (left === "" ? "" : `Left behind: ${left}`),
    close: async () => {
      say(`closing ${name}`);
      await sleep(behaviour === "slow" ? 60_000 : 20);
      if (behaviour === "failing" && name === "two") throw new Error("two is stuck");
      left = "";
      unguardExit(cluster);
      say(`closed ${name}`);
    },
  };
  guardExit(cluster);
  return cluster;
});

if (behaviour === "handler") {
  process.on("SIGINT", () => say("the program's own handler"));
}
if (behaviour === "closes") {
  for (const cluster of clusters) await cluster.close();
} else if (behaviour === "exits") {
  process.exit(5);
} else if (behaviour !== "forgets") {
  const staysAlive = setInterval(() => undefined, 1000);
  if (behaviour === "handler") process.once("SIGUSR2", () => clearInterval(staysAlive));
}
say("up");
