import type { PlannedAccess, PlannedDoor, PlannedResource } from "../../../provider/plan.ts";
import { printableLine } from "../../../text/printable.ts";
import type { ClusterPlan, PlannedNodes, PlannedRuntime, PlannedSecrets, PlannedSecurity } from "../cluster-plan.ts";
import { layout, type Row } from "./layout.ts";
import { allOf, callsInWords, inOrder, lengthInWords, number } from "./words.ts";

/** A plan for people: aligned, at most 100 columns wide but for longer words, without colour. */
export function planText(plan: ClusterPlan): string {
  const { name, provider, looked, nameIsDrawn, place, machines } = plan;
  const asked = looked ? "only read-only calls were made" : "no call was made";
  const lines = [
    `${printableLine(name)} on ${printableLine(provider)}: what a start creates. Nothing was created, ${asked}.`,
    nameIsDrawn
      ? "Its name and its id are random: another cluster draws others."
      : "Its id is random: another cluster draws another.",
    ...(hasFallbacks(plan) ? [FALLBACKS] : []),
    ...layout([
      { heading: "Place", rows: place.map((each) => [each.name, each.value]) },
      ...machines.map((each) => ({
        heading: headingOf(each),
        value: `${number(each.count)} x ${each.name}`,
        rows: rowsOf(each, plan),
      })),
      { heading: "Also created", rows: plan.resources.map(resourceRow) },
      { heading: "Access", rows: [...accessRows(plan.access), ["traffic", securityInWords(plan.security)]] },
      { heading: "Secrets", rows: plan.secrets.map(secretRow) },
      { heading: "Ends", rows: endRows(plan) },
      { heading: "Calls", rows: callRows(plan) },
      { heading: "Tags", rows: Object.entries(plan.tags) },
    ]),
  ];
  return lines.join("\n");
}

const FALLBACKS = "Without capacity, the next type, market or zone is taken, and resources are named after it.";

function hasFallbacks({ machines }: ClusterPlan): boolean {
  return machines.some(({ types, markets }) => types.length > 1 || markets.length > 1);
}

function headingOf({ role, group, runsWorkers }: PlannedNodes): string {
  if (role === "scheduler") return runsWorkers ? "Scheduler with workers" : "Scheduler";
  return group === undefined || group === "default" ? "Workers" : `Workers ${group}`;
}

function rowsOf(nodes: PlannedNodes, { userDataLimitBytes }: ClusterPlan): readonly Row[] {
  const { types, markets, architecture, image, diskGiB, publicAddress, gpu, runtime, userDataBytes, pricePage } = nodes;
  const rows: readonly (Row | undefined)[] = [
    types.length === 0 ? undefined : ["type", inOrder(types)],
    markets.length === 0 ? undefined : ["market", inOrder(markets)],
    types.length === 0 ? undefined : ["architecture", architecture ?? "that of the type, looked up at the start"],
    image === undefined ? undefined : ["image", image],
    types.length === 0 ? undefined : ["disk", diskGiB === undefined ? "that of the type" : `${number(diskGiB)} GiB`],
    types.length === 0 ? undefined : ["address", publicAddress ? "public and private" : "private only"],
    gpu === undefined ? undefined : ["GPU", gpu],
    ["runs", runtimeInWords(runtime)],
    ["user data", `about ${number(userDataBytes)} of ${number(userDataLimitBytes)} bytes`],
    pricePage === undefined ? undefined : ["price", `not known here: ${pricePage}`],
  ];
  return rows.filter((row) => row !== undefined);
}

function runtimeInWords({ kind, image = "" }: PlannedRuntime): string {
  return kind === "docker" ? `${image} in Docker` : "the Dask that is on the machine";
}

function resourceRow({ kind, name, count, goesWith }: PlannedResource): Row {
  const fate = { cluster: "", machine: " (deleted with its machine)", nothing: " (stays: shared, costs nothing)" };
  return [kind, `${count === 1 ? "" : `${number(count)} x `}${name}${fate[goesWith]}`];
}

function accessRows({ firewall, doors, others, inside }: PlannedAccess): readonly Row[] {
  const whose = firewall === "created" ? `created for the cluster; ${others}` : firewall?.join(", ");
  return [
    ...(whose === undefined
      ? []
      : [["firewall", firewall === "created" ? whose : `yours, unchanged: ${whose}`] as const]),
    ...doors.map(doorRow),
    ["members", inside],
  ];
}

function doorRow({ to, protocol, ports, from }: PlannedDoor): Row {
  return [to, `${protocol} ${allOf(ports.map(String))} from ${allOf(from)}`];
}

/** Where they are, and never what they are. */
function secretRow({ who, group, identity, secrets }: PlannedSecrets): Row {
  const name = who === "worker" ? (group === undefined || group === "default" ? "workers" : `workers ${group}`) : who;
  return [name, [...secrets.map(({ reference, uses }) => `${reference} (${uses.join(", ")})`), `by ${identity}`]];
}

function securityInWords({ certificates, notAfter, delivery }: PlannedSecurity): string {
  if (certificates === "none") return "plain tcp://, unencrypted: anyone who reaches the port can run code";
  if (certificates === "own")
    return `mutual TLS with your certificates, ${notAfter === undefined ? "which machines fetch" : `until ${notAfter.toISOString()}`}`;
  const lifeMs = (notAfter?.getTime() ?? 0) - Date.now();
  // To the nearest minute: certificates count in seconds.
  const life = lengthInWords(Math.round(lifeMs / 60_000) * 60_000);
  const keys = delivery === "join" ? "each machine makes its own key" : "keys are in the user data";
  return `mutual TLS with certificates made for this cluster: ${life}, renewed at half of it; ${keys}`;
}

function endRows({ ends }: ClusterPlan): readonly Row[] {
  const { idleTimeoutMs = 0, noClientTimeoutMs = 0, maxLifetimeMs, closeOnExit, afterwards, costs } = ends;
  const after = (ms: number, what: string): string => (ms === 0 ? "never" : `after ${lengthInWords(ms)} ${what}`);
  return [
    ["without work", after(idleTimeoutMs, "without tasks, jobs and calls")],
    ["without a client", after(noClientTimeoutMs, "without a client, a launcher and work")],
    ["lifetime", maxLifetimeMs === undefined ? "no end: set maxLifetimeMs" : after(maxLifetimeMs, "whatever it does")],
    [
      "with its program",
      closeOnExit ? "closes when the program ends or gets a signal" : "stays (closeOnExit is false)",
    ],
    ...(afterwards === undefined ? [] : [["then", afterwards] as const]),
    ...(costs === undefined ? [] : [["costs", costs] as const]),
  ];
}

function callRows({ calls }: ClusterPlan): readonly Row[] {
  if (calls === undefined) return [];
  const steps = ["start", "close"] as const;
  return steps.flatMap((step): Row[] => [
    [step, callsInWords(calls[step].filter(({ changes }) => changes))],
    [`${step}, reading`, callsInWords(calls[step].filter(({ changes }) => !changes))],
  ]);
}
