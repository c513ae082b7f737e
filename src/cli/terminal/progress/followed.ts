import type { ProgressEvent } from "../../../index.ts";
import { tellOnStderr } from "../../../process/stderr.ts";
import { lineOf } from "../../event-lines.ts";
import { paintFor } from "../paint.ts";
import { stderrScreen } from "../screen.ts";
import { CLOCK } from "./clock.ts";
import { type Followed, type Follower, followEvents, followInLines } from "./follower.ts";
import { LiveFollower } from "./live-follower.ts";

export interface HowToFollow {
  /** Warnings only. */
  readonly quiet: boolean;
  /** Takes every event, for programs; then there is nothing for people. */
  readonly event: ((fields: Readonly<Record<string, unknown>>) => void) | undefined;
}

/** Reports a cluster's progress on standard error: drawn in a terminal, a line an event in a pipe or a file. */
export function followed(cluster: Followed, { quiet, event }: HowToFollow): Follower {
  const { name } = cluster;
  const tell = (line: string): void => tellOnStderr(`${name}: ${line}`);
  if (event !== undefined) return followEvents(cluster, (each) => event({ cluster: name, ...each }));
  if (quiet) return followEvents(cluster, (each) => tellWarning(each, tell));
  const screen = stderrScreen();
  if (screen === undefined || !screen.isOurs()) return followInLines(cluster, { tell, clock: CLOCK });
  return new LiveFollower(cluster, { screen, paint: paintFor(process.stderr), clock: CLOCK });
}

function tellWarning(event: ProgressEvent, tell: (line: string) => void): void {
  const line = event.type === "warning" ? lineOf(event) : undefined;
  if (line !== undefined) tell(line);
}
