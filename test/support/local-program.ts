/*
 * A program that starts a LocalCluster and closes it, on a computer that a test prepared: program.ts OPTIONS [COMMAND…].
 * OPTIONS is JSON. The last line of its output is JSON as well: a LocalProgramResult.
 */
import { LocalCluster, type LocalClusterOptions } from "../../providers/local/index.ts";
import { DaskFleetError } from "../../src/errors.ts";

const [options = "{}", command, ...args] = process.argv.slice(2);
const result: Record<string, unknown> = {};
try {
  await using cluster = new LocalCluster(JSON.parse(options) as LocalClusterOptions);
  await cluster.start();
  const workers = await cluster.workers();
  result["workers"] = workers.map(({ nthreads, memoryLimit, address }) => ({ nthreads, memoryLimit, address }));
  result["schedulerAddress"] = cluster.schedulerAddress;
  result["stateDirectory"] = cluster.stateDirectory;
  result["listed"] = (await LocalCluster.list()).map(({ name }) => name);
  if (command !== undefined)
    result["exitCode"] = await cluster.run(command, args, { stdio: ["ignore", 2, 2], check: false });
} catch (error) {
  result["error"] =
    error instanceof DaskFleetError
      ? { code: error.code, message: error.message }
      : { code: "none", message: String(error) };
}
process.stdout.write(`\n${JSON.stringify(result)}\n`);
