/*
 * A program that runs a command with a cluster on a cloud in memory, closes the cluster and exits with the command's exit code:
 * command-program.ts COMMAND ARGUMENT… It prints the cluster's state. With INTERRUPTED a SIGINT arrives just before the command.
 */
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster } from "../cluster/fake-cluster.ts";

const [command = "", ...args] = process.argv.slice(2);
await using cloud = await FakeCloud.open();
await using cluster = new FakeCluster({ cloud, nWorkers: 1, closeOnExit: true, closeTimeoutMs: 20_000 });
cluster.onProgress((event) => {
  if (event.type === "state") process.stdout.write(`cluster ${event.state}\n`);
});
await cluster.start();
if (process.env["INTERRUPTED"] !== undefined) process.kill(process.pid, "SIGINT");
process.exitCode = await cluster.run(command, args, { check: false });
