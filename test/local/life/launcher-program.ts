/* A program that starts a cluster, for launcher.test.ts and attach.test.ts. Its argument selects how it ends. */
import { LocalCluster } from "../../../providers/local/index.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";

const ending = process.argv[2];
const cluster = new LocalCluster({ ...NO_DASHBOARD, name: "launched", nWorkers: 1 });
cluster.onProgress((event) => {
  if (event.type === "state") process.stdout.write(`${event.state}\n`);
  if (event.type === "warning") process.stderr.write(`${event.message}\n`);
});
await cluster.start();
process.stdout.write("up\n");
if (ending !== "forgets") {
  const staysAlive = setInterval(() => undefined, 1000);
  cluster.onProgress((event) => {
    if (event.type === "state" && event.state === "closed") clearInterval(staysAlive);
  });
}
