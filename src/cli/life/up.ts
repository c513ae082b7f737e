import { schedulerVariables } from "../../cluster-file/ads/scheduler-variables.ts";
import type { RunProgram } from "../../cluster-file/cluster-file.ts";
import { differences } from "../../cluster-file/differences.ts";
import { DaskFleetError } from "../../errors.ts";
import type { ClusterFile } from "../../index.ts";
import { carryingAlso } from "../../options/flags/flags.ts";
import { DEFAULT_GROUP } from "../../provider/worker-group.ts";
import { printableName } from "../../text/printable.ts";
import { attached, runIn, typeOf } from "../clusters.ts";
import type { Call } from "../command.ts";
import { providerNamed } from "../providers.ts";
import { usage } from "../usage.ts";
import { afterDetached, defaultsOf, startDetached } from "./detached.ts";
import { followed } from "./followed-job.ts";

/** What is asked for, from a file or from options. */
interface Asked {
  /** The call about the file's provider, with the file's options. */
  readonly call: Call;
  readonly file: ClusterFile | undefined;
  readonly name: string;
}

/** Gets or makes the cluster that a call describes, then runs the file's program. Returns the exit code. */
export async function upCluster(given: Call): Promise<number> {
  const asked = await askedIn(given);
  const { providerOfRecord } = await import("../../index.ts");
  const isThere = (await providerOfRecord(asked.name)) !== undefined && (await isUsable(asked));
  if (isThere) await adjust(asked);
  else {
    await tellPlan(asked.call);
    const detached = await startDetached(asked.call);
    if (typeof detached === "number") return detached;
    if (asked.file?.run === undefined) given.out.result({ text: detached.schedulerAddress, data: detached });
  }
  const { run } = asked.file ?? {};
  if (run === undefined) {
    given.out.next(afterDetached(asked.name));
    return 0;
  }
  return await runProgram(asked);
}

/** What the start will make, before it costs anything. */
async function tellPlan(call: Call): Promise<void> {
  const [type, { planInBrief }] = await Promise.all([typeOf(call), import("../../index.ts")]);
  call.out.note(planInBrief(await new type(call.clusterOptions(defaultsOf(call))).plan()));
}

async function askedIn(given: Call): Promise<Asked> {
  const call = await described(given);
  const type = await typeOf(call.call);
  const { name } = type.definition.resolve(call.call.clusterOptions()).options;
  if (name !== undefined) return { ...call, name: printableName(name) };
  throw usage(
    call.file === undefined
      ? "Name the cluster, so that the next `up` finds it: --name NAME."
      : "Name the cluster in the file, so that the next `up` finds it: `name: NAME`.",
    "up",
  );
}

async function described(given: Call): Promise<Omit<Asked, "name">> {
  const path = given.own.text("file") ?? given.operands[0];
  if (given.provider !== undefined && path === undefined) return { call: given, file: undefined };
  if (path === undefined || given.provider !== undefined) throw usage("Name a provider or a cluster file.", "up");
  const { readClusterFile } = await import("../../index.ts");
  const set = given.own.list("set");
  const file = await readClusterFile(path, {
    set,
    profile: given.own.text("profile"),
    provider: given.own.text("provider"),
  });
  for (const note of file.notes) given.out.warn(note);
  const provider = await providerNamed(file.provider);
  const clusterOptions = (defaults: Readonly<Record<string, unknown>> = {}): object =>
    carryingAlso(file.options, { flags: given.flags, defaults });
  return { call: { ...given, provider, clusterOptions }, file };
}

/**
 * Whether the recorded cluster runs. Of a local one that ended with its launcher only files are left, which the next start removes.
 *
 * @throws DaskFleetError `WRONG_STATE` where something of it must be removed first
 */
async function isUsable({ call, name }: Asked): Promise<boolean> {
  const { recordedCluster } = await import("../../cluster/record.ts");
  const { provider } = await recordedCluster(name);
  // Another provider's cluster is a difference.
  if (provider !== (await typeOf(call)).definition.name) return true;
  const { state } = await (await typeOf(call)).status(name);
  if (state === "running" || state === "unattended") return true;
  if (state === "left-over" && call.provider?.facts.isCloud !== true) return false;
  const what = state === "starting" || state === "closing" ? `is ${state}: try again later` : `is ${state}`;
  throw new DaskFleetError(
    "WRONG_STATE",
    `The cluster "${name}" ${what}. Remove it first: dask-fleet down ${name}. Then \`up\` starts a new one.`,
  );
}

/** Scales the cluster that is there, or says why that cannot make it as described. */
async function adjust({ call, name }: Asked): Promise<void> {
  const { recordedCluster } = await import("../../cluster/record.ts");
  const type = await typeOf(call);
  const record = await recordedCluster(name);
  const schema = call.provider?.manifest.schema;
  if (schema === undefined) throw new Error("up has no provider");
  const { options } = type.definition.resolve(call.clusterOptions(defaultsOf(call)));
  const { fixed, scale } = differences({ provider: type.definition.name, options, schema }, record, record.targets);
  if (fixed.length > 0) {
    throw new DaskFleetError("CONFIG_INVALID", [
      `The cluster "${name}" runs with other options, which cannot change:`,
      ...fixed.map(({ option, running, asked }) => `- ${option}: running ${running}, asked for ${asked}`),
      `Remove it first (dask-fleet down ${name}), or choose another name.`,
    ]);
  }
  const about = { ...call, name, clusterOptions: () => ({}) };
  if (scale.length === 0) {
    call.out.note(`${name} is there as described.`);
    call.out.result({ text: "", data: { name, scaled: null } });
    return;
  }
  const changes = scale.map(({ group, from, to }) => `${group === DEFAULT_GROUP ? "" : `${group} `}${from} → ${to}`);
  call.out.note(`${name}: ${changes.join(", ")} workers`);
  await attached(about, async (cluster) => {
    await cluster.scale(Object.fromEntries(scale.map(({ group, to }) => [group, to])));
    return 0;
  });
  const total = (of: "from" | "to"): number => scale.reduce((sum, each) => sum + each[of], 0);
  call.out.result({ text: "", data: { name, scaled: { from: total("from"), to: total("to"), groups: scale } } });
}

async function runProgram({ call, file, name }: Asked): Promise<number> {
  const run = file?.run;
  if (run === undefined) return 0;
  return await attached({ ...call, name, clusterOptions: () => ({}) }, async (cluster) => {
    const { cwd, job } = run;
    const told = (address: string): RunProgram["env"] =>
      file?.kind === "ads" ? { ...schedulerVariables(address), ...run.env } : run.env;
    if (job === undefined) return await runIn(call, cluster, run.command, { env: told(cluster.schedulerAddress), cwd });
    const env = told(cluster.innerSchedulerAddress);
    const submitted = await cluster.submit(job.program, { args: job.args, env, cwd, files: file?.files });
    return await followed(call, cluster, submitted);
  });
}
