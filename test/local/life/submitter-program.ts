/* A program that attaches to the cluster of another process, submits a job and follows it, for jobs.test.ts. */
import { LocalCluster } from "../../../providers/local/index.ts";

const [, , name = "", cwd = ""] = process.argv;
const cluster = await LocalCluster.attach(name);
const job = await cluster.submit("train.py", { id: "long", cwd, args: ["go"] });
for await (const line of job.logs()) process.stdout.write(`${line}\n`);
