import type { NoticeEvent } from "../dask/agent/notice.ts";
import { seconds } from "../deadline.ts";
import type { NoticeChange, ProgressEvent } from "../progress.ts";
import { DEFAULT_GROUP } from "../provider/worker-group.ts";
import { printableLine, printableName } from "../text/printable.ts";
import type { NodeTable } from "./node-table.ts";

export interface NoticesOptions {
  readonly nodes: Pick<NodeTable, "machineOf" | "groupOf" | "notice">;
  readonly emit: (event: ProgressEvent) => void;
  readonly onWithdrawn: (machineId: string) => void;
}

interface Place {
  readonly id: string;
  readonly group: string;
}

/** More are not kept: notices of machines that no list shows. */
const MOST_UNPLACED = 1000;

/** The spot notices of machines, as the agent tells them. Each event may come twice. */
export class Notices {
  readonly #options: NoticesOptions;
  /** Machines with a notice, by their workers' names. The last event may come after the machine is gone. */
  readonly #places = new Map<string, Place>();
  /** Notices of machines that were not in a list yet. */
  #unplaced: NoticeEvent[] = [];

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  hear(event: NoticeEvent): void {
    const { nodes, emit, onWithdrawn } = this.#options;
    const place = this.#placeOf(event);
    if (place === undefined) {
      if (event.state === "given") this.#unplaced = [...this.#unplaced, event].slice(-MOST_UNPLACED);
      else
        this.#unplaced = this.#unplaced.filter(({ workers }) => !workers.some((name) => event.workers.includes(name)));
      return;
    }
    const isKnown = event.workers.some((name) => this.#places.has(name));
    for (const name of event.workers) {
      if (event.state === "given") this.#places.set(name, place);
      // Workers that are late may close after all.
      else if (event.state !== "late") this.#places.delete(name);
    }
    // What ends without a beginning, or begins twice, was told already.
    if (isKnown === (event.state === "given")) return;
    const { id, group } = place;
    if (event.state === "given") nodes.notice(id, reasonOf(event));
    if (event.state === "withdrawn") {
      nodes.notice(id, undefined);
      onWithdrawn(id);
    }
    const message = inWords(event, id);
    emit({ type: "notice", change: event.state, id, group, message });
    if (event.state === "late") emit({ type: "warning", message });
  }

  /** Takes in notices of machines that are in a list now. */
  hearAgain(): void {
    const unplaced = this.#unplaced;
    this.#unplaced = [];
    for (const event of unplaced) this.hear(event);
  }

  #placeOf({ workers }: NoticeEvent): Place | undefined {
    const { nodes } = this.#options;
    for (const name of workers) {
      const known = this.#places.get(name);
      if (known !== undefined) return known;
      const id = nodes.machineOf(name)?.id;
      if (id !== undefined) return { id, group: nodes.groupOf(id) ?? DEFAULT_GROUP };
    }
    return undefined;
  }
}

function inWords(event: NoticeEvent, machineId: string): string {
  const machine = `worker machine ${printableName(machineId)}`;
  const words: Readonly<Record<NoticeChange, string>> = {
    given: `Notice for ${machine}: ${reasonOf(event)}. Its data move to other workers, and a replacement is requested.`,
    withdrawn: `The spot notice for ${machine} was withdrawn. Its workers go on.`,
    moved: `Spot notice: the workers of ${machine} have closed.${movedBy(event)}`,
    late: `Spot notice: the time of ${machine} is over.${movedBy(event)}${leftBy(event)}`,
  };
  return words[event.state];
}

/** Why a machine with a notice counts as lost. */
function reasonOf({ leftMs, action }: NoticeEvent): string {
  return `spot notice: the cloud announced ${printableLine(action)} in ${seconds(Math.round(leftMs / 1000) * 1000)}`;
}

function movedBy({ moved }: NoticeEvent): string {
  if (moved === undefined) return "";
  const took = seconds(Math.round(moved.tookMs / 100) * 100);
  return ` ${results(moved)} moved to other workers in ${took}.`;
}

function leftBy({ left }: NoticeEvent): string {
  if (left === undefined) return "";
  const tasks = left.tasks === 1 ? "1 running task" : `${left.tasks} running tasks`;
  const parts = [
    ...(left.keys > 0 ? [results(left)] : []),
    ...(left.tasks > 0 ? [tasks] : []),
    ...(left.actors > 0 ? [left.actors === 1 ? "1 actor" : `${left.actors} actors`] : []),
  ];
  const recomputed = left.keys + left.tasks > 0 ? " Tasks are computed again; data that a client sent are lost." : "";
  return ` Not moved: ${parts.join(", ")}.${recomputed}`;
}

function results({ keys, bytes }: { readonly keys: number; readonly bytes: number }): string {
  return `${keys === 1 ? "1 result" : `${keys} results`} (${(bytes / 1e6).toFixed(1)} MB)`;
}
