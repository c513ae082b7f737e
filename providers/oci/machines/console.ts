import { stripVTControlCharacters } from "node:util";

import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import type { OciApi } from "../api/client.ts";
import { stateOf } from "../api/state.ts";
import { isNotFound, isOci } from "../errors/oci-error.ts";

const INTERVAL_MS = 500;
const CAPTURE_TIMEOUT_MS = 30_000;
/** OCI keeps as much of a console. */
const MOST_BYTES = 1024 * 1024;
const LAST_CHARACTERS = 65_536;

/** The end of a machine's console output: captured, read, and the capture deleted again. Empty where the machine is gone. */
export async function consoleOf(api: OciApi, instanceId: string, signal: AbortSignal): Promise<string> {
  let id: string;
  try {
    const { consoleHistory } = await api.call("compute", "CaptureConsoleHistory", signal, (client) =>
      client.captureConsoleHistory({
        captureConsoleHistoryDetails: { instanceId, displayName: "dask-fleet" },
        opcRetryToken: crypto.randomUUID(),
      }),
    );
    ({ id } = consoleHistory);
  } catch (error) {
    // One that is being made or terminated has none to capture.
    if (isNotFound(error) || isOci(error, "IncorrectState", "Conflict")) return "";
    throw error;
  }
  try {
    return await captured(api, id, signal);
  } finally {
    await remove(api, id, signal);
  }
}

async function captured(api: OciApi, instanceConsoleHistoryId: string, signal: AbortSignal): Promise<string> {
  const state = await poll(
    async () => {
      const { consoleHistory } = await api.call("compute", "GetConsoleHistory", signal, (client) =>
        client.getConsoleHistory({ instanceConsoleHistoryId }),
      );
      const now = stateOf(consoleHistory);
      return now === "SUCCEEDED" || now === "FAILED" ? now : undefined;
    },
    {
      what: "OCI to capture the console",
      deadline: new Deadline(CAPTURE_TIMEOUT_MS, signal),
      intervalMs: INTERVAL_MS,
    },
  );
  if (state === "FAILED") return "";
  const { value } = await api.call("compute", "GetConsoleHistoryContent", signal, (client) =>
    client.getConsoleHistoryContent({ instanceConsoleHistoryId, length: MOST_BYTES }),
  );
  return stripVTControlCharacters(value).replaceAll("\r", "").slice(-LAST_CHARACTERS);
}

/** What is left of it costs nothing, but counts for a limit. */
async function remove(api: OciApi, instanceConsoleHistoryId: string, signal: AbortSignal): Promise<void> {
  try {
    await api.call("compute", "DeleteConsoleHistory", signal, (client) =>
      client.deleteConsoleHistory({ instanceConsoleHistoryId }),
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
