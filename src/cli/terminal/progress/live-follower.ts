import type { ProgressEvent } from "../../../index.ts";
import { tellThrough } from "../../../process/stderr.ts";
import { printableMessage } from "../../../text/printable.ts";
import { lineOf } from "../../event-lines.ts";
import { LiveRegion } from "../live-region.ts";
import type { Paint } from "../paint.ts";
import type { OwnScreen } from "../screen.ts";
import type { Clock } from "./clock.ts";
import { ClusterView, type Doing } from "./cluster-view.ts";
import type { Followed, Follower } from "./follower.ts";
import { endedRow, rowsOf, startedRows } from "./rows.ts";

export interface LiveOptions {
  readonly screen: OwnScreen;
  readonly paint: Paint;
  readonly clock: Clock;
}

/** Events that rows show, so that they have no line of their own. */
const IN_ROWS: ReadonlySet<ProgressEvent["type"]> = new Set(["state", "phase-finished", "target", "ends", "rollback"]);
/** While these last, something is drawn. */
const LIVE: ReadonlySet<Doing> = new Set(["starting", "scaling", "rolling back", "closing"]);
const DRAW_MS = 100;

/** The live view of a cluster: rows on the terminal while something goes on, and what has come of it. */
export class LiveFollower implements Follower {
  readonly #view: ClusterView;
  readonly #region: LiveRegion;
  readonly #options: LiveOptions;
  readonly #ends: readonly (() => void)[];
  #stopDrawing: (() => void) | undefined;
  #isLent = false;
  /** When the end that was wanted began, as a start that is rolled back. */
  #endingAt: number | undefined;

  constructor(cluster: Followed, options: LiveOptions) {
    const { screen, clock } = options;
    this.#options = options;
    this.#view = new ClusterView(cluster.name, clock.now);
    this.#region = new LiveRegion(screen);
    const onExit = (): void => this.#region.finish();
    process.on("exit", onExit);
    this.#ends = [
      cluster.onProgress((event) => this.#hear(event)),
      screen.onChange((change) => this.#changed(change)),
      tellThrough((message) => this.#say(message)),
      () => process.off("exit", onExit),
    ];
  }

  async lent<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#rest();
    this.#isLent = true;
    try {
      return await work();
    } finally {
      this.#isLent = false;
      this.#region.forget();
      if (LIVE.has(this.#view.doing)) this.#begin();
    }
  }

  done(): void {
    this.#rest();
    for (const end of this.#ends) end();
  }

  [Symbol.dispose](): void {
    this.done();
  }

  #hear(event: ProgressEvent): void {
    const [before, elapsedMs] = [this.#view.doing, this.#view.elapsedMs];
    if (event.type === "rollback" && event.isWanted) this.#endingAt = this.#options.clock.now();
    this.#view.see(event);
    const line = lineOf(event);
    if (line !== undefined && (this.#isLent || !IN_ROWS.has(event.type))) this.#tell(line);
    const { doing } = this.#view;
    if (doing === before) return;
    if (!this.#isLent) this.#over(before, elapsedMs);
    if (!LIVE.has(doing)) this.#rest();
    else if (!this.#isLent) this.#begin();
    if (doing === "closed") this.done();
  }

  /** Leaves on the terminal what has come of something. */
  #over(before: Doing, elapsedMs: number): void {
    const [view, { paint, clock }] = [this.#view, this.#options];
    const { doing } = view;
    if (before === "starting" && doing === "running") {
      this.#leave(startedRows(view, "running", elapsedMs, paint));
    } else if (before === "starting" && this.#endingAt !== undefined) {
      this.#leave([endedRow(view, "start ended", false, elapsedMs, paint)]);
    } else if (before === "starting") {
      this.#leave(startedRows(view, "failed", elapsedMs, paint));
    } else if (before === "scaling" && doing === "running") {
      this.#leave([endedRow(view, "scaled", true, elapsedMs, paint)]);
    } else if (before === "closing") {
      const tookMs = this.#endingAt === undefined ? elapsedMs : clock.now() - this.#endingAt;
      this.#leave([endedRow(view, doing, doing === "closed", tookMs, paint)]);
    } else if (before === "rolling back") {
      this.#leave([]);
    }
  }

  #leave(rows: readonly string[]): void {
    this.#region.finish(rows);
  }

  #begin(): void {
    this.#stopDrawing ??= this.#options.clock.every(DRAW_MS, () => this.#draw());
    this.#draw();
  }

  #rest(): void {
    this.#stopDrawing?.();
    this.#stopDrawing = undefined;
    this.#region.finish();
  }

  #draw(): void {
    if (this.#options.screen.isOurs()) this.#region.draw(rowsOf(this.#view, this.#options.paint));
    else this.#region.forget();
  }

  #tell(line: string): void {
    this.#say(printableMessage(`dask-fleet: ${this.#view.name}: ${line}`));
  }

  #say(message: string): void {
    if (this.#isLent || !this.#options.screen.isOurs()) this.#region.forget();
    this.#region.say(message);
  }

  #changed(change: "resized" | "continued"): void {
    if (change === "continued") this.#region.forget();
    if (this.#stopDrawing !== undefined) this.#draw();
  }
}
