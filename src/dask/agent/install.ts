import { deflateSync } from "node:zlib";

import { UnknownOperation } from "../answer.ts";
import type { AgentLink, AskOptions } from "./link.ts";
import type { AgentSettings } from "./settings.ts";

/** What the scheduler's loader has. */
export interface InstalledAgent {
  /** Parts that failed to start, with Python's reasons. */
  readonly failed: Readonly<Record<string, string>>;
}

const INSTALL_TIMEOUT_MS = 60_000;

/**
 * Sends the agent to the scheduler, unless one is there: the first one wins. Workers fetch it from there.
 *
 * @returns undefined when the scheduler has no loader (`templates/dask_fleet_loader.py`)
 * @throws DaskFleetError as {@link AgentLink.ask}; `REMOTE_ERROR` when the agent could not be loaded
 */
export async function installAgent(
  link: AgentLink,
  settings: AgentSettings,
  options: AskOptions = {},
): Promise<InstalledAgent | undefined> {
  const { agentSources } = await import("./sources.inlined.ts");
  const bundle = deflateSync(JSON.stringify({ files: agentSources, settings }), { level: 9 });
  const ask = { timeoutMs: INSTALL_TIMEOUT_MS, ...options };
  const answer = await link.ask({ op: "fleet_agent", bundle }, ask).catch((error: unknown) => {
    if (error instanceof UnknownOperation) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const failed = answer
    .map()
    .get("failed")
    .map()
    .entries()
    .map(([part, reason]) => [part, reason.text()] as const);
  return { failed: Object.fromEntries(failed) };
}
