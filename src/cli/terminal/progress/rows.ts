import { seconds } from "../../../deadline.ts";
import { DEFAULT_GROUP } from "../../../provider/worker-group.ts";
import { printableLine, printableName } from "../../../text/printable.ts";
import { inWords } from "../age.ts";
import { padded } from "../cells.ts";
import type { Paint, Style } from "../paint.ts";
import type { ClusterView, Doing, SeenMachine, SeenPhase } from "./cluster-view.ts";

const WORDS: Readonly<Record<Doing, string>> = {
  new: "new",
  starting: "starting",
  running: "running",
  scaling: "scaling",
  closing: "closing",
  closed: "closed",
  failed: "failed",
  "rolling back": "removing what the start created",
};
const [DONE, BROKEN, UNDER_WAY] = ["✓", "✗", "●"];
/** The widest phase, and the widest time of one that is under way. */
const [PHASE, TIME] = ["scheduler machine".length, "59 min 59 s".length];

/** What a start that is over has come to. */
type Outcome = "running" | "failed";

/** The rows about what goes on now: the most important first, since a low terminal shows no more. */
export function rowsOf(view: ClusterView, paint: Paint): readonly string[] {
  const { doing, usualMs } = view;
  const usually = doing === "starting" && usualMs !== undefined ? `, usually ${inWords(usualMs)}` : "";
  const head = headOf(view, UNDER_WAY, "busy", WORDS[doing], `${inWords(view.elapsedMs)}${usually}`, paint);
  const phases = doing === "starting" ? view.phases.map((phase) => phaseRow(view, phase, undefined, paint)) : [];
  const isAwaiting = doing === "starting" || doing === "scaling";
  return [head, ...phases, ...(isAwaiting ? [...groupRows(view), ...machineRows(view, paint)] : [])];
}

/** The rows that stay when a start is over. */
export function startedRows(view: ClusterView, outcome: Outcome, elapsedMs: number, paint: Paint): readonly string[] {
  const isUp = outcome === "running";
  const count = [...view.targets.values()].reduce((sum, each) => sum + each, 0);
  const workers = count === 1 ? "1 worker" : `${count} workers`;
  const words = isUp ? `running  ${workers}` : "start failed";
  return [
    headOf(view, isUp ? DONE : BROKEN, isUp ? "good" : "bad", words, seconds(elapsedMs), paint),
    ...view.phases.map((phase) => phaseRow(view, phase, outcome, paint)),
    ...(isUp ? [] : [...groupRows(view), ...machineRows(view, paint)]),
    ...(isUp && view.ends !== undefined ? [`  ${printableLine(view.ends)}`] : []),
  ];
}

/** The row that stays when anything else is over. */
export function endedRow(view: ClusterView, words: string, isWell: boolean, elapsedMs: number, paint: Paint): string {
  return headOf(view, isWell ? DONE : BROKEN, isWell ? "good" : "bad", words, seconds(elapsedMs), paint);
}

/** What a start has come to, in one line for a log. */
export function summaryOf(view: ClusterView): string {
  const underWay = view.phases
    .filter(({ durationMs }) => durationMs === undefined)
    .map(({ phase, beganAt }) => `${phase} (${inWords(view.ageOf(beganAt))})`);
  const groups = groupRows(view).map((row) => row.trim().replaceAll(/ {2,}/gu, " "));
  const speaking = awaited(view).find(({ line }) => line !== undefined);
  const console = speaking === undefined ? [] : [`${printableName(speaking.id)} prints: ${speaking.line}`];
  return [...underWay, ...groups, ...console].join("; ");
}

function headOf(view: ClusterView, sign: string, style: Style, words: string, time: string, paint: Paint): string {
  return `${paint(style, sign)} ${paint("strong", printableName(view.name))}  ${words}  ${paint("faint", time)}`;
}

function phaseRow(view: ClusterView, seen: SeenPhase, outcome: Outcome | undefined, paint: Paint): string {
  const { phase, beganAt, durationMs } = seen;
  const name = padded(phase, PHASE);
  if (durationMs !== undefined) return `  ${paint("good", DONE)} ${name}  ${paint("faint", seconds(durationMs))}`;
  const time = inWords(view.ageOf(beganAt));
  if (outcome !== undefined) return `  ${paint("bad", BROKEN)} ${name}  ${paint("faint", time)}`;
  const scheduler = view.machines.find(({ group }) => group === undefined);
  const row = `  ${paint("busy", UNDER_WAY)} ${name}  `;
  if (phase !== "scheduler up" || scheduler === undefined) return `${row}${paint("faint", time)}`;
  return `${row}${paint("faint", padded(time, TIME))}  ${machineWords(scheduler, paint)}`;
}

/** A row for each group with a target; none before the first target. */
function groupRows(view: ClusterView): readonly string[] {
  return [...view.targets].map(([group, target]) => {
    const machines = view.machines.filter((machine) => machine.group === group);
    const count = (state: SeenMachine["state"]): number => machines.filter((each) => each.state === state).length;
    const [up, booting, pending] = [count("up"), count("booting"), count("pending")];
    const more = [
      ...(booting > 0 ? [`${booting} booting`] : []),
      ...(pending > 0 ? [`${pending} pending`] : []),
      ...(machines.length < target ? [`${target - machines.length} not created`] : []),
    ];
    const name = group === DEFAULT_GROUP ? "workers" : `${printableName(group)} workers`;
    return `    ${padded(name, PHASE)}  ${[`${up} of ${target} joined`, ...more].join(", ")}`;
  });
}

/** A row for each worker machine that is awaited, the oldest first. */
function machineRows(view: ClusterView, paint: Paint): readonly string[] {
  return awaited(view)
    .filter(({ group }) => group !== undefined)
    .map((machine) => `      ${machineWords(machine, paint, padded(inWords(view.ageOf(machine.since)), TIME))}`);
}

function awaited(view: ClusterView): readonly SeenMachine[] {
  return view.machines.filter(({ state }) => state !== "up");
}

function machineWords({ id, state, line }: SeenMachine, paint: Paint, time?: string): string {
  const words = [
    printableName(id),
    padded(state, "pending".length),
    ...(time === undefined ? [] : [paint("faint", time)]),
  ];
  const said = line === undefined ? "" : `  ${paint("faint", `| ${line}`)}`;
  return `${words.join("  ")}${said}`.trimEnd();
}
