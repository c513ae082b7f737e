import type { ClusterStatus } from "../../index.ts";
import { DEFAULT_GROUP } from "../../provider/worker-group.ts";
import { durationInWords } from "../../text/durations.ts";
import { printableLine, printableName } from "../../text/printable.ts";
import { ago, inWords } from "../terminal/age.ts";
import { type Paint, type Style, plain } from "../terminal/paint.ts";
import { table } from "../terminal/table.ts";

type Launcher = ClusterStatus["launcher"];

export function launcherInWords(launcher: Launcher): string {
  return launcher === undefined ? "nobody" : `process ${launcher.pid} on ${printableName(launcher.host)}`;
}

/** The colour of a cluster's state. */
export function styleOf(state: ClusterStatus["state"]): Style {
  if (state === "running") return "good";
  if (state === "expired" || state === "left-over") return "bad";
  return state === "starting" || state === "closing" ? "busy" : "warning";
}

/** A cluster at a glance, for people. */
export function statusText(
  status: ClusterStatus,
  { columns, paint = plain }: { readonly columns?: number | undefined; readonly paint?: Paint } = {},
): string {
  const facts = factsOf(status, paint);
  const widest = Math.max(...facts.map(([what]) => what.length));
  const lines = facts.map(([what, value]) => `${paint("faint", what.padEnd(widest))}  ${value}`);
  const { workers = [], jobs = [], troubles, goesOn, waits, unknown } = status;
  const parts = [
    lines.join("\n"),
    isGrouped(status)
      ? table(
          GROUP_COLUMNS,
          status.groups.map((group) => ({ group, troubles })),
          { columns, paint },
        )
      : "",
    table(WORKER_COLUMNS, workers, { columns, paint }),
    table(JOB_COLUMNS, jobs, { columns, paint }),
    list(
      "Troubles",
      troubles.map(({ group, message, since }) => {
        const whose = group === undefined || group === DEFAULT_GROUP ? "" : `${printableName(group)}: `;
        return `${whose}${message} (since ${ago(since)})`;
      }),
    ),
    list("Without a launcher", [...goesOn, ...waits]),
    list("Unknown", unknown),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function factsOf(status: ClusterStatus, paint: Paint): readonly (readonly [what: string, value: string])[] {
  const { name, id, provider, place, state, createdAt, schedulerAddress, daskVersion, groups, launcher } = status;
  const where = Object.values(place?.searched ?? {})
    .flat()
    .filter((each) => each !== undefined);
  const age = createdAt === undefined ? "" : `, ${inWords(Date.now() - createdAt.getTime())} old`;
  return [
    ["cluster", `${printableName(name)}${id === undefined ? "" : ` (id ${printableName(id)})`}`],
    ["provider", [provider, ...where].map((each) => printableName(each)).join(", ")],
    ["state", `${paint(styleOf(state), state)}${age}`],
    ["launcher", launcherInWords(launcher)],
    ["scheduler", schedulerAddress === undefined ? "not found" : printableLine(schedulerAddress)],
    ...(daskVersion === undefined ? [] : [["Dask", printableName(daskVersion)] as const]),
    ...(isGrouped(status) ? [] : groups.map((group) => ["workers", sizeOf(group)] as const)),
    ...(status.beside === undefined ? [] : [["on its machine", besideOf(status.beside)] as const]),
    ["ends", endsInLine(status)],
  ];
}

/** Whether there are groups to tell apart. */
function isGrouped({ groups }: ClusterStatus): boolean {
  return groups.some(({ name }) => name !== DEFAULT_GROUP);
}

function sizeOf({ target, machines, joined, adapting }: ClusterStatus["groups"][number]): string {
  const bounds = adapting === undefined ? "" : `, adapts ${adapting.minimum}..${adapting.maximum}`;
  const there = joined === undefined ? "" : `${joined} of ${target} joined`;
  return `${there === "" ? `${target} wished for` : there}${machines === undefined ? "" : `, ${machines} ${machines === 1 ? "machine" : "machines"}`}${bounds}`;
}

function besideOf({ joined, wanted }: NonNullable<ClusterStatus["beside"]>): string {
  const all = wanted === undefined ? "" : `${joined === undefined ? "" : " of "}${wanted}`;
  return `${joined ?? ""}${all} workers${joined === undefined ? "" : " joined"}`.trim();
}

function endsInLine({ ends }: ClusterStatus): string {
  const { idleTimeoutMs, idleForMs, noClientTimeoutMs, aloneForMs, deadline, expiresAt } = ends;
  const so = (ms: number | undefined): string => (ms === undefined || ms < 1000 ? "" : ` (now ${inWords(ms)})`);
  const all = [
    ...(idleTimeoutMs === undefined ? [] : [`after ${durationInWords(idleTimeoutMs)} without work${so(idleForMs)}`]),
    ...(noClientTimeoutMs === undefined
      ? []
      : [`after ${durationInWords(noClientTimeoutMs)} without a client${so(aloneForMs)}`]),
    ...(deadline === undefined ? [] : [`at ${deadline.toISOString()}`]),
    ...(expiresAt === undefined ? [] : [`expires at ${expiresAt.toISOString()}`]),
  ];
  return all.length === 0 ? "never by itself" : all.join(", ");
}

const GROUP_COLUMNS = [
  { title: "GROUP", text: ({ group }: GroupRow) => printableName(group.name) },
  { title: "WISHED", text: ({ group }: GroupRow) => String(group.target), align: "right" },
  { title: "JOINED", text: ({ group }: GroupRow) => String(group.joined ?? "-"), align: "right" },
  {
    title: "BOOTING",
    text: ({ group }: GroupRow) => String(group.booting ?? "-"),
    align: "right",
  },
  { title: "BOUNDS", text: ({ group }: GroupRow) => `${group.minimum}..${group.maximum ?? ""}` },
  {
    title: "ADAPTS",
    text: ({ group: { adapting } }: GroupRow) =>
      adapting === undefined ? "no" : `${adapting.minimum}..${adapting.maximum}`,
  },
  {
    title: "RESOURCES",
    text: ({ group }: GroupRow) => {
      const entries = Object.entries(group.resources).map(([name, amount]) => `${printableName(name)}=${amount}`);
      return entries.length === 0 ? "-" : entries.join(",");
    },
    shrink: true,
  },
  {
    title: "TROUBLE",
    text: ({ group, troubles }: GroupRow) => {
      const kinds = troubles.filter((each) => each.group === group.name).map(({ kind }) => kind);
      return kinds.length === 0 ? "-" : [...new Set(kinds)].join(",");
    },
    style: ({ group, troubles }: GroupRow): Style =>
      troubles.some((each) => each.group === group.name) ? "warning" : "faint",
  },
] as const;
interface GroupRow {
  readonly group: ClusterStatus["groups"][number];
  readonly troubles: ClusterStatus["troubles"];
}

const WORKER_COLUMNS = [
  { title: "WORKER", text: ({ name }: Worker) => printableName(name), shrink: true },
  { title: "GROUP", text: ({ group }: Worker) => printableName(group ?? "-") },
  {
    title: "STATUS",
    text: ({ status }: Worker) => printableName(status),
    style: ({ status }: Worker): Style => (status === "running" ? "good" : "warning"),
  },
  { title: "TASKS", text: ({ executing, nthreads }: Worker) => `${executing ?? "-"}/${nthreads}`, align: "right" },
  {
    title: "CPU",
    text: ({ cpuPercent }: Worker) => (cpuPercent === undefined ? "-" : `${Math.round(cpuPercent)}%`),
    align: "right",
  },
  {
    title: "MEMORY",
    text: ({ memoryUsed, memoryLimit }: Worker) =>
      `${size(memoryUsed)}/${size(memoryLimit === 0 ? undefined : memoryLimit)}`,
    align: "right",
  },
] as const;
type Worker = NonNullable<ClusterStatus["workers"]>[number];

const JOB_COLUMNS = [
  { title: "JOB", text: ({ id }: JobRow) => printableName(id) },
  { title: "NAME", text: ({ name }: JobRow) => printableName(name), shrink: true },
  { title: "STATE", text: ({ state }: JobRow) => state, style: (): Style => "busy" },
  { title: "AGE", text: ({ createdAt }: JobRow) => inWords(Date.now() - createdAt.getTime()), align: "right" },
] as const;
type JobRow = NonNullable<ClusterStatus["jobs"]>[number];

const GIB = 2 ** 30;

function size(bytes: number | undefined): string {
  return bytes === undefined ? "-" : `${(bytes / GIB).toFixed(1)} GiB`;
}

function list(title: string, sentences: readonly string[]): string {
  return sentences.length === 0
    ? ""
    : [`${title}:`, ...sentences.map((sentence) => `  - ${printableLine(sentence, 2000)}`)].join("\n");
}
