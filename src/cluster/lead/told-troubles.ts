import * as z from "zod";

import { type ProgressEvent, TROUBLE_KINDS } from "../../progress.ts";
import { stateOf } from "../record.ts";
import type { Lead } from "./lead.ts";
import type { PresentTrouble } from "./present-trouble.ts";

/** Messages that change with each try are not written each time. */
const PAUSE_MS = 1000;

const toldSchema = z.object({
  by: z.string(),
  troubles: z.array(
    z.object({
      kind: z.enum(TROUBLE_KINDS),
      group: z.string().optional(),
      message: z.string(),
      since: z.coerce.date(),
    }),
  ),
});

/** Writes the present troubles beside the record, where `status` in another terminal reads them. Only the leader's count. */
export class ToldTroubles {
  readonly #clusterName: string;
  readonly #lead: Pick<Lead, "holderId">;
  readonly #present = new Map<string, PresentTrouble>();
  #isDue = false;

  constructor(clusterName: string, lead: Pick<Lead, "holderId">) {
    this.#clusterName = clusterName;
    this.#lead = lead;
  }

  hear(event: ProgressEvent): void {
    if (event.type !== "trouble") return;
    const { change, kind, group, message, since } = event;
    const key = `${kind} ${group ?? ""}`;
    if (change === "ended") this.#present.delete(key);
    else this.#present.set(key, { kind, group, message, since });
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => void this.#write(), PAUSE_MS).unref();
  }

  /** A failure is no trouble of its own: the `state` trouble tells of a directory that cannot be written. */
  async #write(): Promise<void> {
    this.#isDue = false;
    const by = this.#lead.holderId;
    if (by === undefined) return;
    const text = JSON.stringify({ by, troubles: [...this.#present.values()] });
    await stateOf(this.#clusterName)
      .writeTroubles(`${text}\n`)
      .catch(() => undefined);
  }
}

/** The troubles that the present leader has told. Those of a former one, and unreadable ones, are none. */
export async function readTroubles(clusterName: string): Promise<readonly PresentTrouble[]> {
  const state = stateOf(clusterName);
  const [text, { holder }] = await Promise.all([state.readTroubles(), state.leader()]);
  if (text === undefined || holder?.id === undefined) return [];
  try {
    const { by, troubles } = toldSchema.parse(JSON.parse(text));
    return by === holder.id ? troubles.map((trouble) => ({ ...trouble, group: trouble.group })) : [];
  } catch {
    return [];
  }
}
